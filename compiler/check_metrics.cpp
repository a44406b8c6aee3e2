// Metrics that a plan declares, and where each of them is read.
#include <fmt/format.h>

#include "compiler/analysis.hpp"
#include "compiler/form.hpp"

namespace mig::compiler {
namespace {

using plan::Unit;

using Source = decltype(plan::Metric::source);

// `prometheus(mon, "…")`, `http_json(mon, "/health", "$.queue")`
std::optional<Source> check_served_source(Analysis& analysis, const syntax::Call& call,
                                          const Module& scope) {
  const bool is_query = name_of(*call.callee) == "prometheus";
  if (call.arguments.size() != (is_query ? 2 : 3)) {
    analysis.diagnostics.report(
        call.callee->span, diag::WrongArguments, name_of(*call.callee),
        is_query ? "a service and a query" : "a service, a path, and a path in the document");
    return std::nullopt;
  }
  const auto service =
      analysis.find(call.arguments[0].value, scope, DeclarationKind::Service, analysis.services);
  const auto first = analysis.constants.text(call.arguments[1].value, scope);
  if (!service || !first) return std::nullopt;
  if (is_query) return plan::PrometheusSource{*service, *first};
  const auto pick = analysis.constants.text(call.arguments[2].value, scope);
  if (!pick) return std::nullopt;
  return plan::HttpJsonSource{*service, *first, *pick};
}

// `command(["./depth.sh", "queue"])`
std::optional<Source> check_command(Analysis& analysis, const syntax::Call& call,
                                    const Module& scope) {
  const auto* list = call.arguments.size() == 1
                         ? std::get_if<syntax::List>(&call.arguments.front().value.node)
                         : nullptr;
  if (list == nullptr || list->items.empty()) {
    analysis.diagnostics.report(call.callee->span, diag::WrongArguments, "command",
                                "a list: the program and what it is told");
    return std::nullopt;
  }
  plan::CommandSource source;
  for (const syntax::Expr& item : list->items) {
    const auto part = analysis.constants.text(item, scope);
    if (!part) return std::nullopt;
    source.run.push_back(*part);
  }
  return source;
}

// `sql(app, "select …")`, `file("m.jsonl")`
std::optional<Source> check_source(Analysis& analysis, const syntax::Expr& expr,
                                   const Module& scope) {
  const auto* call = std::get_if<syntax::Call>(&expr.node);
  const std::string_view kind = call == nullptr ? std::string_view() : name_of(*call->callee);
  if (kind == "sql" && call->arguments.size() == 2) {
    const auto store =
        analysis.find(call->arguments[0].value, scope, DeclarationKind::Store, analysis.stores);
    const auto query = analysis.constants.text(call->arguments[1].value, scope);
    if (!store || !query) return std::nullopt;
    return plan::SqlSource{*store, *query};
  }
  if (kind == "file" && call->arguments.size() == 1) {
    const auto path = analysis.constants.text(call->arguments[0].value, scope);
    if (!path) return std::nullopt;
    return plan::FileSource{*path};
  }
  if (kind == "prometheus" || kind == "http_json")
    return check_served_source(analysis, *call, scope);
  if (kind == "command") return check_command(analysis, *call, scope);
  analysis.diagnostics.report(expr.span, diag::WrongForm, "metric")
      .help(
          "a metric is read by `sql(app, \"select count(*) from queue\")`, "
          "`file(\"metrics.jsonl\")`, `prometheus(mon, \"…\")`, `http_json(mon, \"/health\", "
          "\"$.queue\")` or `command([\"./depth.sh\"])`");
  return std::nullopt;
}

}  // namespace

void check_metrics(Analysis& analysis) {
  const StatementRow& row = *find_statement(Context::File, "metric");
  for (const Declaration* declaration : analysis.program.declarations(DeclarationKind::Metric)) {
    Form form(*declaration->statement, row.form, analysis.diagnostics);
    form.name();
    const syntax::Expr* type = form.value(syntax::Mark::Colon);
    const syntax::Expr* written = form.value(syntax::Mark::Assign);
    form.end();
    if (!form.ok()) continue;
    const auto unit = unit_of_type(*type);
    if (!unit || *unit == Unit::Text || *unit == Unit::Bool) {
      analysis.diagnostics
          .report(type->span, diag::UnknownName, "type", analysis.sources.text(type->span))
          .help(
              "a metric is a duration, ratio, size, rows, req, keys, int or a rate such as rows/s");
      continue;
    }
    const auto source = check_source(analysis, *written, *declaration->module);
    if (!source) continue;
    analysis.metrics[declaration] =
        plan::MetricId{static_cast<std::uint32_t>(analysis.plan.metrics.size())};
    analysis.plan.metrics.push_back(plan::Metric{declaration->name, *unit, *source});
  }
}

}  // namespace mig::compiler
