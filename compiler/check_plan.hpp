// Lowers one plan: its sides, its resources, its phases in order, and its steps.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/analysis.hpp"
#include "compiler/check_gates.hpp"
#include "compiler/form.hpp"
#include "compiler/plan_body.hpp"

namespace mig::compiler {

// Fills `analysis.plan` from a `plan` declaration, and the spans of its steps. On any report the
// plan is not to be used.
void check_plan(Analysis& analysis, const Declaration& declaration,
                std::vector<syntax::Span>& step_spans);

// What steps may say inside a plan, or inside a resource of it: its sides by name, its gates, its
// phases, and the policies that apply.
struct PlanScope {
  struct NamedPhase {
    plan::PhaseId id;
    syntax::Span at;
  };
  const Module* module = nullptr;
  PlanNames names;
  Declared<plan::GateId> gates;  // the plan's own and those its file sees
  std::map<std::string, const Declaration*, std::less<>> own_gates;
  std::map<std::string, NamedPhase, std::less<>> phases;
  std::optional<plan::OnFail> on_fail;              // as the plan or the resource writes it
  std::vector<syntax::Span>* step_spans = nullptr;  // where each step is written

  std::optional<plan::ResourceId> resource;
  std::string resource_name;  // with `resource`
  bool has_resources = false;

  // The phases of a plan beside its resources move nothing.
  bool has_sides() const { return resource || !has_resources; }
  // A name of a resource is its own: `slo` of `sessions` is `sessions.slo` outside.
  std::string qualified(std::string_view name) const {
    return resource ? resource_name + "." + std::string(name) : std::string(name);
  }
};

// `from`, `to`, `through`, `via` and `back`, into the plan and into what `old` and `new` mean.
void check_sides(Analysis& analysis, PlanScope& scope, PlanBody& body);

// The requests of a feature.
std::vector<plan::RequestRoute> check_requests(Analysis& analysis, const PlanScope& scope,
                                               PlanBody& body);

// The steps of one phase, appended to the plan. `entry` is what its first step needs.
void check_steps(Analysis& analysis, PlanScope& scope, const syntax::Statement& phase,
                 plan::PhaseId id, const std::vector<plan::StepId>& entry);

// `on_fail …`; phases that it names must be known to the scope. Absent after a report.
std::optional<plan::OnFail> check_on_fail(Analysis& analysis, const PlanScope& scope,
                                          const syntax::Statement& statement);

// The gates of `require slo and same`; empty after a report.
std::vector<plan::GateId> check_gate_names(Analysis& analysis, const PlanScope& scope,
                                           const syntax::Expr& expr);

}  // namespace mig::compiler
