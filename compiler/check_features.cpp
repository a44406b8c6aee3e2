// `route "GET /auth/{id}", "POST /auth"`: which requests of a service belong to a feature.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compiler/check_plan.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};

// Every part between slashes is plain, or one name in braces; the last may be `*`.
bool is_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    const bool is_named = part.size() > 2 && part.front() == '{' && part.back() == '}';
    const std::string_view plain = is_named ? part.substr(1, part.size() - 2) : part;
    const bool is_rest = part == "*" && path.empty();
    if (!is_rest && plain.find_first_of("{}* \t") != std::string_view::npos) return false;
  }
  return true;
}

class RequestsReader {
 public:
  RequestsReader(Analysis& analysis, const PlanScope& scope) : analysis_(analysis), scope_(scope) {}

  // `said` is what the statement says of all its routes.
  bool read(const syntax::Expr& written, const plan::RequestRoute& said,
            std::vector<plan::RequestRoute>& into) {
    const auto text = analysis_.constants.text(written, *scope_.module);
    if (!text) return false;
    const std::size_t space = text->find(' ');
    plan::RequestRoute route = said;
    route.method = text->substr(0, space);
    if (space != std::string::npos) route.path = text->substr(space + 1);
    if (std::ranges::find(kMethods, route.method) == kMethods.end()) {
      const std::vector<std::string> known(kMethods.begin(), kMethods.end());
      const std::string near = did_you_mean(route.method, known);
      analysis_.diagnostics.report(written.span, diag::UnknownName, "method", route.method)
          .help(near.empty() ? "a route is written like `\"GET /auth/{id}\"`" : near);
      return false;
    }
    if (!is_path(route.path)) {
      analysis_.diagnostics.report(written.span, diag::WrongForm, "route")
          .help("a route is written like `\"GET /auth/{id}\"`, and may end with `/*`");
      return false;
    }
    if (std::ranges::find(into, print(route), [](const auto& it) { return print(it); }) !=
        into.end()) {
      analysis_.diagnostics.report(written.span, diag::DeclaredTwice, print(route));
      return false;
    }
    into.push_back(std::move(route));
    return true;
  }

  // `{ idempotent = true }`, `{ idempotency_key = "Idempotency-Key" }`
  std::optional<plan::RequestRoute> read_repeats(const syntax::Statement& statement) {
    const Attributes attributes(statement, *find_statement(Context::Feature, "route"),
                                analysis_.diagnostics);
    if (!attributes.ok()) return std::nullopt;
    plan::RequestRoute said;
    if (const WrittenAttribute* idempotent = attributes.find("idempotent")) {
      const auto truth = analysis_.constants.truth(*idempotent->value, *scope_.module);
      if (!truth) return std::nullopt;
      said.idempotent = *truth;
    }
    if (const WrittenAttribute* key = attributes.find("idempotency_key")) {
      const auto header = analysis_.constants.text(*key->value, *scope_.module);
      if (!header) return std::nullopt;
      said.idempotency_key = *header;
    }
    return said;
  }

 private:
  Analysis& analysis_;
  const PlanScope& scope_;
};

}  // namespace

std::vector<plan::RequestRoute> check_requests(Analysis& analysis, const PlanScope& scope,
                                               PlanBody& body) {
  std::vector<plan::RequestRoute> requests;
  const auto written = body.all("route");
  if (written.empty()) body.missing("route");
  RequestsReader reader(analysis, scope);
  for (const syntax::Statement* statement : written) {
    Form form(*statement, find_statement(Context::Feature, "route")->form, analysis.diagnostics);
    const auto said = reader.read_repeats(*statement);
    for (const syntax::Expr* route : form.list())
      reader.read(*route, said.value_or(plan::RequestRoute()), requests);
    form.end();
  }
  return requests;
}

}  // namespace mig::compiler
