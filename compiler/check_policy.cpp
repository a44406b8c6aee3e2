// `on_fail` and the gates that a step names.
#include <fmt/format.h>

#include "compiler/check_plan.hpp"
#include "compiler/names.hpp"

namespace mig::compiler {
namespace {

class PolicyReader {
 public:
  PolicyReader(Analysis& analysis, const PlanScope& scope, const syntax::Statement& statement)
      : analysis_(analysis),
        scope_(scope),
        statement_(statement),
        row_(*find_statement(Context::Plan, "on_fail")),
        form_(statement, row_.form, analysis.diagnostics),
        attributes_(statement, row_, analysis.diagnostics) {}

  std::optional<plan::OnFail> read() {
    plan::OnFail policy;
    if (form_.word_if("retry") && !read_retry(policy)) return std::nullopt;
    if (!policy.retry.forever) read_end(policy);
    form_.end();
    const bool ok = form_.ok() && attributes_.ok() && ok_ && read_backoff(policy.retry);
    return ok ? std::optional(policy) : std::nullopt;
  }

 private:
  bool read_retry(plan::OnFail& policy) {
    if (form_.word_if("forever")) {
      policy.retry.forever = true;
      return true;
    }
    const syntax::Expr* times = form_.value();
    if (times == nullptr) return false;
    const auto count = analysis_.constants.wanted(*times, *scope_.module, plan::Unit::Number);
    if (!count) return false;
    if (count->value < 1 || count->value > 1000) {
      analysis_.diagnostics.report(times->span, diag::OutOfRange, print(count->quantity()),
                                   "1..1000");
      return false;
    }
    policy.retry.times = static_cast<std::uint32_t>(count->value);
    return form_.word("then");
  }

  void read_end(plan::OnFail& policy) {
    if (form_.word_if("pause")) {
      policy.then = plan::Finally::Pause;
    } else if (form_.word_if("allow_partial")) {
      policy.then = plan::Finally::AllowPartial;
      ok_ = may_be_partial();
    } else if (form_.word("rollback") && form_.word_if("to")) {
      policy.then = plan::Finally::RollbackTo;
      const syntax::Expr* name = form_.name();
      if (name == nullptr) return;
      const auto phase = scope_.phases.find(name_of(*name));
      if (phase != scope_.phases.end()) {
        analysis_.names.refer(name->span, phase->second.at);
        policy.to = phase->second.id;
        return;
      }
      std::vector<std::string> known;
      known.reserve(scope_.phases.size());
      for (const auto& [text, id] : scope_.phases)
        known.push_back(text);
      analysis_.diagnostics.report(name->span, diag::UnknownName, "phase", name_of(*name))
          .instead(nearest(name_of(*name), known));
      ok_ = false;
    }
  }

  // Where several resources move, one can go back alone.
  bool may_be_partial() {
    if (scope_.has_resources) return true;
    analysis_.diagnostics.report(statement_.span, diag::WrongForm, statement_.word.text)
        .note("only one of several resources can go back alone")
        .help("write `rollback`, or divide the plan: `resource sessions { from …; to … }`");
    return false;
  }

  // `backoff = 30s..10m`
  bool read_backoff(plan::Retry& retry) {
    const WrittenAttribute* backoff = attributes_.find("backoff");
    if (backoff == nullptr) return true;
    const auto ends =
        analysis_.constants.range(*backoff->value, *scope_.module, plan::Unit::TimeSpan);
    if (!ends) return false;
    retry.first_wait = plan::Duration(ends->first.value);
    retry.longest_wait = plan::Duration(ends->second.value);
    return true;
  }

  Analysis& analysis_;
  const PlanScope& scope_;
  const syntax::Statement& statement_;
  const StatementRow& row_;
  Form form_;
  Attributes attributes_;
  bool ok_ = true;
};

void collect_gates(Analysis& analysis, const PlanScope& scope, const syntax::Expr& expr,
                   std::vector<plan::GateId>& gates, bool& ok) {
  if (const auto* both = std::get_if<syntax::Binary>(&expr.node);
      both && both->op == syntax::Operator::And) {
    collect_gates(analysis, scope, *both->lhs, gates, ok);
    collect_gates(analysis, scope, *both->rhs, gates, ok);
    return;
  }
  if (const auto* paren = std::get_if<syntax::Paren>(&expr.node);
      paren && paren->items.size() == 1) {
    collect_gates(analysis, scope, paren->items.front(), gates, ok);
    return;
  }
  const std::string_view name = name_of(expr);
  if (const auto own = scope.own_gates.find(name); own != scope.own_gates.end()) {
    analysis.names.refer(expr.span, own->second->span);
    const auto id = scope.gates.find(own->second);
    if (id == scope.gates.end()) {
      ok = false;  // its own mistake was reported
    } else {
      gates.push_back(id->second);
    }
    return;
  }
  if (name.empty()) {
    analysis.diagnostics.report(expr.span, diag::NameWanted, "a gate")
        .help("gates are joined with `and`");
    ok = false;
    return;
  }
  const auto seen = scope.module->names.find(std::string(name));
  if (seen != scope.module->names.end() && seen->second->kind == DeclarationKind::Gate) {
    analysis.names.refer(expr.span, seen->second->span);
    const auto id = scope.gates.find(seen->second);
    ok = ok && id != scope.gates.end();
    if (id != scope.gates.end()) gates.push_back(id->second);
    return;
  }
  std::vector<std::string> known;
  known.reserve(scope.own_gates.size());
  for (const auto& [text, declaration] : scope.own_gates)
    known.push_back(text);
  for (const auto& [text, declaration] : scope.module->names) {
    if (declaration->kind == DeclarationKind::Gate) known.push_back(text);
  }
  analysis.diagnostics.report(expr.span, diag::UnknownName, "gate", name)
      .instead(nearest(name, known));
  ok = false;
}

}  // namespace

std::optional<plan::OnFail> check_on_fail(Analysis& analysis, const PlanScope& scope,
                                          const syntax::Statement& statement) {
  return PolicyReader(analysis, scope, statement).read();
}

std::vector<plan::GateId> check_gate_names(Analysis& analysis, const PlanScope& scope,
                                           const syntax::Expr& expr) {
  std::vector<plan::GateId> gates;
  bool ok = true;
  collect_gates(analysis, scope, expr, gates, ok);
  return ok ? gates : std::vector<plan::GateId>();
}

}  // namespace mig::compiler
