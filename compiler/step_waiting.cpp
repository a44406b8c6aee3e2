// Steps that wait, or tell a reviewer what is meant; and how a side is named.
#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/check_expr.hpp"
#include "compiler/names.hpp"
#include "compiler/step_checker.hpp"

namespace mig::compiler {

using plan::Action;

std::optional<plan::Side> StepChecker::side(Form& form, bool may_be_none) {
  if (form.word_if("old")) return plan::Side::Old;
  if (form.word_if("new")) return plan::Side::New;
  if (may_be_none && form.word_if("none")) return plan::Side::None;
  form.misfit();
  return std::nullopt;
}

std::optional<Action> StepChecker::require(Form& form) {
  const syntax::Expr* gates = form.value();
  if (gates == nullptr) return std::nullopt;
  plan::Hold action{.gates = check_gate_names(analysis_, scope_, *gates), .required = true};
  if (action.gates.empty() || !can_judge(action.gates, gates->span)) return std::nullopt;
  // A gate over data alone needs no time to collect evidence: its reconciliation is the evidence.
  for (const plan::GateId id : action.gates) {
    const plan::Gate& gate = analysis_.plan.at(id);
    const bool only_data = std::ranges::all_of(gate.clauses, [](const plan::Clause& clause) {
      return std::holds_alternative<plan::DatasetReading>(clause.reading);
    });
    if (!only_data) action.length = std::max(action.length, gate.window);
  }
  return action;
}

std::optional<Action> StepChecker::hold(Form& form) {
  const syntax::Expr* length = form.value();
  if (length == nullptr) return std::nullopt;
  const auto duration = analysis_.constants.duration(*length, *scope_.module);
  if (!duration) return std::nullopt;
  plan::Hold action{.length = *duration};
  if (const syntax::Expr* gates = attribute("require")) {
    action.gates = check_gate_names(analysis_, scope_, *gates);
    if (action.gates.empty() || !can_judge(action.gates, gates->span)) return std::nullopt;
  }
  if (const syntax::Expr* because = attribute("because")) {
    const auto reason = analysis_.constants.text(*because, *scope_.module);
    if (!reason) return std::nullopt;
    action.because = *reason;
  }
  return action;
}

// Drift is what the two sides of this phase differ in; of other sides it says nothing.
bool StepChecker::can_judge(const std::vector<plan::GateId>& gates, const syntax::Span& at) {
  const plan::Plan& plan = analysis_.plan;
  for (const plan::GateId id : gates) {
    if (!has_baseline(plan.at(id), at)) return false;
    for (const plan::Clause& clause : plan.at(id).clauses) {
      const auto* reading = std::get_if<plan::DatasetReading>(&clause.reading);
      if (reading == nullptr || reading->metric != plan::MetricKind::Drift) continue;
      const bool is_own = scope_.has_sides() && !plan.are_services() &&
                          (reading->dataset == plan.from ||
                           std::ranges::find(plan.to, reading->dataset) != plan.to.end());
      if (is_own) continue;
      const std::string& dataset = plan.at(reading->dataset).name;
      analysis_.diagnostics.report(at, diag::NoSides, fmt::format("drift({})", dataset))
          .note(fmt::format("`{}` asks for it", plan.at(id).name))
          .help(fmt::format("require `{}` where `{}` moves", plan.at(id).name, dataset));
      return false;
    }
  }
  return true;
}

std::optional<Action> StepChecker::approve(Form& form) {
  const auto who = quoted(form);
  if (!who) return std::nullopt;
  plan::Approve action{.who = *who};
  if (!read_duration("within", action.within)) return std::nullopt;
  if (const syntax::Expr* by_author = attribute("by_author")) {
    const auto truth = analysis_.constants.truth(*by_author, *scope_.module);
    if (!truth) return std::nullopt;
    action.by_author = *truth;
  }
  return action;
}

std::optional<Action> StepChecker::accept(const syntax::Statement& statement, Form& form) {
  const bool is_wal = form.word_if("unlimited_wal");
  if (!is_wal && !form.word("all_at_once")) return std::nullopt;
  const auto reason = quoted(form);
  if (!reason) return std::nullopt;
  plan::Accept action{.reason = *reason};
  if (is_wal) return accepts_wal(statement, std::move(action));
  if (!read_duration("max_downtime", action.max_downtime)) return std::nullopt;
  return action;
}

// `accept unlimited_wal "why"`: only a slot makes a server keep its log.
std::optional<Action> StepChecker::accepts_wal(const syntax::Statement& statement,
                                               plan::Accept action) {
  action.risk = plan::AcceptedRisk::UnlimitedWal;
  if (const WrittenAttribute* limit = attributes_->find("max_downtime")) {
    analysis_.diagnostics
        .report(limit->statement->word.span, diag::UnknownAttribute, "accept unlimited_wal",
                "max_downtime")
        .help("only `accept all_at_once` has it");
    return std::nullopt;
  }
  const bool has_slot = std::ranges::any_of(analysis_.plan.stores, [](const plan::Store& store) {
    return store.changes == plan::ChangeSource::Slot;
  });
  if (has_slot) return action;
  analysis_.diagnostics
      .report(statement.span, diag::Incapable, "no store here is followed through a slot")
      .help("write `changes = slot` on the store that is, or leave this out");
  return std::nullopt;
}

std::optional<Action> StepChecker::marker(Form& form) {
  const auto reason = quoted(form);
  if (!reason) return std::nullopt;
  return plan::PointOfNoReturn{*reason};
}

}  // namespace mig::compiler
