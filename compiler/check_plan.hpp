// Lowers one plan: its sides, its phases in order, and its steps.
#pragma once

#include <vector>

#include "compiler/analysis.hpp"
#include "compiler/check_gates.hpp"
#include "compiler/form.hpp"

namespace mig::compiler {

// Fills `analysis.plan` from a `plan` declaration, and the spans of its steps. On any report the
// plan is not to be used.
void check_plan(Analysis& analysis, const Declaration& declaration,
                std::vector<syntax::Span>& step_spans);

// What steps may say inside a plan: its sides by name, its gates, and the policies that apply.
struct PlanScope {
  const Module* module = nullptr;
  PlanNames names;
  Declared<plan::GateId> gates;  // the plan's own and those its file sees
  std::map<std::string, const Declaration*, std::less<>> own_gates;
  std::map<std::string, plan::PhaseId, std::less<>> phases;
  std::optional<plan::OnFail> on_fail;              // as the plan writes it
  std::vector<syntax::Span>* step_spans = nullptr;  // where each step is written
};

// The steps of one phase, appended to the plan. `entry` is what its first step needs.
void check_steps(Analysis& analysis, PlanScope& scope, const syntax::Statement& phase,
                 plan::PhaseId id, const std::vector<plan::StepId>& entry);

// `on_fail …`; phases that it names must stand above. Absent after a report.
std::optional<plan::OnFail> check_on_fail(Analysis& analysis, const PlanScope& scope,
                                          const syntax::Statement& statement);

// The gates of `require slo and same`; empty after a report.
std::vector<plan::GateId> check_gate_names(Analysis& analysis, const PlanScope& scope,
                                           const syntax::Expr& expr);

}  // namespace mig::compiler
