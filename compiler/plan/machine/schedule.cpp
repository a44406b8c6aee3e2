#include "compiler/plan/machine/schedule.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/hash.hpp"

namespace mig::plan {
namespace {

bool is_done(const RunState& state, StepId id) {
  return state.at(id).status == StepStatus::Done;
}

// A step left a trace if it was ever started and not undone since; a crash may have hidden the
// rest.
bool left_a_trace(const StepState& step) {
  return step.started > 0 && step.status != StepStatus::Undone &&
         step.status != StepStatus::Skipped;
}

bool stays(const Plan& plan, const RunState& state, StepId id) {
  if (state.retreat) return id.index < state.retreat->index;
  return state.rollback_to && plan.at(id).phase.index <= state.rollback_to->index;
}

}  // namespace

bool is_ready(const Plan& plan, const RunState& state, StepId id) {
  const StepState& step = state.at(id);
  const bool waits = step.status == StepStatus::Pending || step.status == StepStatus::Failed ||
                     (step.status == StepStatus::Running && step.direction == Direction::Forward);
  const auto& needs = plan.at(id).needs;
  return waits && std::ranges::all_of(needs, [&](StepId need) { return is_done(state, need); });
}

std::vector<StepId> ready(const Plan& plan, const RunState& state) {
  std::vector<StepId> steps;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (is_ready(plan, state, StepId{i})) steps.push_back(StepId{i});
  }
  return steps;
}

std::vector<StepId> undo_order(const Plan& plan, const RunState& state) {
  std::vector<StepId> steps;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (left_a_trace(state.steps[i]) && !stays(plan, state, StepId{i})) steps.push_back(StepId{i});
  }
  std::ranges::sort(steps,
                    [&](StepId a, StepId b) { return state.at(a).started > state.at(b).started; });
  return steps;
}

std::optional<StepId> next_undo(const Plan& plan, const RunState& state) {
  std::optional<StepId> last;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (!left_a_trace(state.steps[i]) || stays(plan, state, StepId{i})) continue;
    if (!last || state.steps[i].started > state.at(*last).started) last = StepId{i};
  }
  return last;
}

bool is_finished(const Plan&, const RunState& state) {
  return std::ranges::all_of(state.steps, [](const StepState& step) {
    return step.status == StepStatus::Done || step.status == StepStatus::Skipped;
  });
}

bool is_past_point_of_no_return(const Plan& plan, const RunState& state) {
  const auto marker = point_of_no_return(plan);
  return marker && state.at(*marker).started > 0;
}

std::string evidence(const Plan& plan, const RunState& state, StepId step) {
  std::string facts = print(plan_hash(plan));
  for (std::uint32_t i = 0; i < step.index; ++i) {
    const StepState& earlier = state.steps[i];
    facts += fmt::format("\n{} {} {}", plan.steps[i].name, name(earlier.status), earlier.summary);
  }
  return print(sha256(facts));
}

std::optional<WritesState> stream(const Plan& plan, const RunState& state) {
  WritesState writes;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (!std::holds_alternative<RouteWrites>(plan.steps[i].action)) continue;
    if (state.steps[i].status == StepStatus::Done) {
      writes = after_writes(plan, StepId{i}, writes);
    } else if (left_a_trace(state.steps[i])) {
      return std::nullopt;
    }
  }
  return writes.follows() ? std::optional(writes) : std::nullopt;
}

bool follows(const Plan& plan) {
  return std::ranges::any_of(plan.steps, [](const Step& step) {
    const auto* writes = std::get_if<RouteWrites>(&step.action);
    return writes != nullptr && is_logged(writes->mirror) && writes->to == Side::Old;
  });
}

}  // namespace mig::plan
