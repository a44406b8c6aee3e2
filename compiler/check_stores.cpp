// Stores and routers: where data lives, and who tells the application where to go.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/analysis.hpp"
#include "compiler/check_secrets.hpp"
#include "compiler/form.hpp"

namespace mig::compiler {
namespace {

// Kinds of later versions, so that they are answered with that and not with a guess.
constexpr std::string_view kLaterStores[] = {"postgres", "redis"};
constexpr std::string_view kLaterRouters[] = {"channel", "hook", "redis", "http", "postgres"};

template <class Kinds>
bool is_among(const Kinds& kinds, std::string_view word) {
  return std::ranges::find(kinds, word) != std::end(kinds);
}

// `"app.db"` or `secret("env:APP_DB")`
std::optional<plan::Location> location(Analysis& analysis, const syntax::Expr& expr,
                                       const Module& scope) {
  if (const auto* call = std::get_if<syntax::Call>(&expr.node);
      call && name_of(*call->callee) == "secret") {
    const auto reference =
        call->arguments.size() == 1 ? text_of(call->arguments.front().value) : std::nullopt;
    if (reference && (reference->starts_with("env:") || reference->starts_with("file:"))) {
      return plan::Location{*reference, true};
    }
    const bool is_literal_secret = reference.has_value();
    if (is_literal_secret) {
      analysis.diagnostics.hide(call->arguments.front().value.span);
      analysis.diagnostics.report(call->arguments.front().value.span, diag::SecretInFile)
          .help(
              "name where it is kept: `secret(\"env:NAME\")` or "
              "`secret(\"file:/run/secrets/name\")`");
    } else {
      analysis.diagnostics.report(expr.span, diag::WrongForm, "secret")
          .help("it is written like `secret(\"env:NAME\")`");
    }
    return std::nullopt;
  }
  const auto text = analysis.constants.text(expr, scope);
  if (!text || holds_password(*text)) return std::nullopt;  // check_secrets has reported it
  return plan::Location{*text, false};
}

// The name and the kind of `store app: sqlite`; nothing after a report.
struct Head {
  const syntax::Expr* kind = nullptr;
};
std::optional<Head> head_of(Analysis& analysis, const Declaration& declaration,
                            const StatementRow& row) {
  Form form(*declaration.statement, row.form, analysis.diagnostics);
  form.name();
  Head head{form.name(syntax::Mark::Colon)};
  form.end();
  return form.ok() ? std::optional(head) : std::nullopt;
}

template <class Later>
void report_kind(Analysis& analysis, const syntax::Expr& kind, std::string_view what,
                 const Later& later, std::string_view known) {
  const std::string word(name_of(kind));
  if (is_among(later, word)) {
    analysis.diagnostics.report(kind.span, diag::LaterStatement, word)
        .note("the language knows the word; this version of mig does not carry it out yet");
    return;
  }
  analysis.diagnostics.report(kind.span, diag::UnknownName, fmt::format("kind of {}", what), word)
      .help(fmt::format("this version has {}", known));
}

// What the statement table says of every router, with what one kind of them needs.
StatementRow row_of(plan::RouterKind kind) {
  StatementRow row = *find_statement(Context::File, "router");
  switch (kind) {
    case plan::RouterKind::File:
      row.attributes = "path! attributes";
      break;
    case plan::RouterKind::Table:
      row.form = "router glue: table { in = app; name = \"mig_routes\" }";
      row.attributes = "in! name! attributes";
      break;
  }
  return row;
}

std::optional<plan::RouterKind> router_kind(std::string_view word) {
  for (const auto kind : {plan::RouterKind::File, plan::RouterKind::Table}) {
    if (word == name(kind)) return kind;
  }
  return std::nullopt;
}

class RouterChecker {
 public:
  RouterChecker(Analysis& analysis, const Declaration& declaration)
      : analysis_(analysis), scope_(*declaration.module), declaration_(declaration) {}

  std::optional<plan::Router> check(plan::RouterKind kind) {
    const StatementRow row = row_of(kind);
    const Attributes attributes(*declaration_.statement, row, analysis_.diagnostics);
    plan::Router router{.name = declaration_.name, .kind = kind};
    const bool is_placed = attributes.ok() && (kind == plan::RouterKind::File
                                                   ? read_text(attributes, "path", router.path)
                                                   : read_table(attributes, router));
    if (!is_placed || !read_attributes(attributes, router)) return std::nullopt;
    return router;
  }

 private:
  bool read_text(const Attributes& attributes, std::string_view name, std::string& into) {
    const auto text = analysis_.constants.text(*attributes.find(name)->value, scope_);
    if (text) into = *text;
    return text.has_value();
  }

  bool read_table(const Attributes& attributes, plan::Router& router) {
    router.store = analysis_.find(*attributes.find("in")->value, scope_, DeclarationKind::Store,
                                  analysis_.stores);
    return read_text(attributes, "name", router.table) && router.store.has_value();
  }

  // `attributes = [region, segment]`
  bool read_attributes(const Attributes& attributes, plan::Router& router) {
    const WrittenAttribute* written = attributes.find("attributes");
    if (written == nullptr) return true;
    const auto* list = std::get_if<syntax::List>(&written->value->node);
    const bool is_form = list != nullptr && !list->items.empty() &&
                         std::ranges::none_of(list->items, [](const syntax::Expr& item) {
                           return name_of(item).empty();
                         });
    if (!is_form) {
      analysis_.diagnostics.report(written->value->span, diag::WrongForm, "attributes")
          .help("it is written like `attributes = [region, segment]`");
      return false;
    }
    for (const syntax::Expr& item : list->items) {
      const std::string name(name_of(item));
      if (is_among(router.attributes, name)) {
        analysis_.diagnostics.report(item.span, diag::DeclaredTwice, name);
        return false;
      }
      router.attributes.push_back(name);
    }
    return true;
  }

  Analysis& analysis_;
  const Module& scope_;
  const Declaration& declaration_;
};

}  // namespace

void check_stores(Analysis& analysis) {
  const StatementRow& row = *find_statement(Context::File, "store");
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Store)) {
    const auto head = head_of(analysis, *declaration, row);
    if (!head) continue;
    if (name_of(*head->kind) != name(plan::StoreKind::Sqlite)) {
      report_kind(analysis, *head->kind, "store", kLaterStores, "`sqlite`");
      continue;
    }
    const Attributes attributes(*declaration->statement, row, analysis.diagnostics);
    if (!attributes.ok()) continue;
    plan::Store store{.name = declaration->name, .kind = plan::StoreKind::Sqlite};
    const WrittenAttribute* path = attributes.find("path");
    const auto where = location(analysis, *path->value, *declaration->module);
    if (!where) continue;
    store.location = *where;
    if (const WrittenAttribute* wait = attributes.find("busy_timeout")) {
      const auto timeout = analysis.constants.duration(*wait->value, *declaration->module);
      if (!timeout) continue;
      store.busy_timeout = *timeout;
    }
    analysis.stores[declaration] =
        plan::StoreId{static_cast<std::uint32_t>(analysis.plan.stores.size())};
    analysis.plan.stores.push_back(std::move(store));
  }
}

void check_routers(Analysis& analysis) {
  const StatementRow& row = *find_statement(Context::File, "router");
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Router)) {
    const auto head = head_of(analysis, *declaration, row);
    if (!head) continue;
    const auto kind = router_kind(name_of(*head->kind));
    if (!kind) {
      report_kind(analysis, *head->kind, "router", kLaterRouters, "`file` and `table`");
      continue;
    }
    auto router = RouterChecker(analysis, *declaration).check(*kind);
    if (!router) continue;
    analysis.routers[declaration] =
        plan::RouterId{static_cast<std::uint32_t>(analysis.plan.routers.size())};
    analysis.plan.routers.push_back(std::move(*router));
  }
}

}  // namespace mig::compiler
