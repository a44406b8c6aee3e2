#include "runtime/engine/window_guard.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/routing.hpp"
#include "runtime/openings.hpp"

namespace mig::runtime {
namespace {

using plan::StepStatus;

bool goes_by_its_own_rules(const plan::Step& step, const plan::StepState& state) {
  // Its guards may stand from an attempt that failed or was killed.
  const bool moves_writes = std::holds_alternative<plan::RouteWrites>(step.action) ||
                            std::holds_alternative<plan::Rehearse>(step.action);
  if (moves_writes) return state.started > 0;
  const bool is_waiting = std::holds_alternative<plan::Hold>(step.action) ||
                          std::holds_alternative<plan::Approve>(step.action);
  return is_waiting && state.status == StepStatus::Running;
}

// The resource that a failure in the phase takes back alone.
std::optional<plan::ResourceId> goes_alone(const plan::Plan& plan, const plan::Phase& phase) {
  const bool is_partial = std::ranges::any_of(phase.steps, [&](plan::StepId id) {
    return plan.at(id).on_fail.then == plan::Finally::AllowPartial;
  });
  return is_partial ? phase.resource : std::nullopt;
}

bool is_out_of_reach(const plan::Plan& plan, const plan::RunState& state,
                     std::optional<plan::ResourceId> alone) {
  if (!alone) return is_past_point_of_no_return(plan, state);
  return state.at(*alone).status != plan::ResourceStatus::Forward ||
         is_past_point_of_no_return(plan, state, *alone);
}

}  // namespace

Result<std::optional<ShutWindow>> shut_for_pause(const plan::Plan& plan, plan::StepId id,
                                                 Instant now) {
  const plan::Step& step = plan.at(id);
  const plan::Phase& phase = plan.at(step.phase);
  if (!phase.window) return std::optional<ShutWindow>();
  MIG_ASSIGN(use, next_use(*phase.window, now, longest_pause(plan, id)));
  if (use && *use <= now) return std::optional<ShutWindow>();
  ShutWindow shut{.phase = step.phase, .until = use};
  shut.why = use ? fmt::format("for the window of {}, until {}", phase.name, print(*use))
                 : fmt::format("for the window of {}, which does not open again", phase.name);
  return std::optional(std::move(shut));
}

Result<std::optional<ShutWindow>> shut_for(const plan::Plan& plan, const plan::RunState& state,
                                           plan::StepId id, Instant now) {
  if (!plan.at(plan.at(id).phase).window) return std::optional<ShutWindow>();
  if (goes_by_its_own_rules(plan.at(id), state.at(id))) return std::optional<ShutWindow>();
  return shut_for_pause(plan, id, now);
}

Result<std::optional<PhaseDeadline>> next_deadline(const plan::Plan& plan,
                                                   const plan::RunState& state) {
  std::optional<PhaseDeadline> next;
  for (std::uint32_t i = 0; i < plan.phases.size(); ++i) {
    const plan::Phase& phase = plan.phases[i];
    if (!phase.window || phase.window->at_end != plan::AtEnd::Rollback) continue;
    const auto alone = goes_alone(plan, phase);
    if (is_out_of_reach(plan, state, alone)) continue;
    std::optional<plan::Micros> began;
    bool is_done = true;
    for (const plan::StepId id : phase.steps) {
      const plan::StepState& step = state.at(id);
      is_done = is_done && (step.status == StepStatus::Done || step.status == StepStatus::Skipped);
      if (step.started > 0) began = std::min(began.value_or(step.started_at), step.started_at);
    }
    if (is_done || !began) continue;
    MIG_ASSIGN(at, end_of_use(*phase.window, Instant(std::chrono::microseconds(*began))));
    if (!next || at < next->at) next = PhaseDeadline{plan::PhaseId{i}, at, alone};
  }
  return next;
}

}  // namespace mig::runtime
