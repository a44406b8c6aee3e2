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
  const auto resource = plan.resource_of(id);
  if (state.retreat)
    return resource != plan.resource_of(*state.retreat) || id.index < state.retreat->index;
  if (!state.rollback_to) return false;
  const auto whose = plan.at(*state.rollback_to).resource;
  return (whose && resource != whose) || plan.at(id).phase.index <= state.rollback_to->index;
}

bool has_status(const RunState& state, std::optional<ResourceId> resource, ResourceStatus status) {
  return resource && state.at(*resource).status == status;
}

// What others wait for is over, too, where its resource went back alone.
bool is_settled(const Plan& plan, const RunState& state, StepId need, StepId waiting) {
  if (is_done(state, need)) return true;
  const auto whose = plan.resource_of(need);
  return whose != plan.resource_of(waiting) && has_status(state, whose, ResourceStatus::RolledBack);
}

bool sends_all_back(const Step& step) {
  // Retreat is for gates; whatever else fails there sends everything back.
  return step.on_fail.then == Finally::Rollback || step.on_fail.then == Finally::Retreat;
}

}  // namespace

std::vector<ResourceId> held_back_by(const Plan& plan, const RunState& state, StepId marker) {
  std::vector<ResourceId> others;
  if (!plan.resource_of(marker)) return others;
  for (std::uint32_t r = 0; r < plan.resources.size(); ++r) {
    const ResourceId other{r};
    if (other == plan.resource_of(marker)) continue;
    if (has_status(state, other, ResourceStatus::RolledBack)) continue;
    const auto own_marker = point_of_no_return(plan, other);
    const auto behind = own_marker ? steps_behind(plan, *own_marker) : std::vector<bool>();
    bool may_send_back = false;
    for (std::uint32_t i = 0; i < plan.steps.size() && !may_send_back; ++i) {
      const StepId id{i};
      const bool may_fail = plan.resource_of(id) == other && id != own_marker &&
                            (behind.empty() || !behind[i]) && !is_done(state, id);
      may_send_back = may_fail && sends_all_back(plan.at(id));
    }
    if (may_send_back) others.push_back(other);
  }
  return others;
}

namespace {

template <class Chosen>
std::optional<StepId> last_started(const Plan& plan, const RunState& state, Chosen is_chosen) {
  std::optional<StepId> last;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (!left_a_trace(state.steps[i]) || !is_chosen(StepId{i})) continue;
    if (!last || state.steps[i].started > state.at(*last).started) last = StepId{i};
  }
  return last;
}

}  // namespace

bool is_ready(const Plan& plan, const RunState& state, StepId id) {
  const auto resource = plan.resource_of(id);
  if (resource && state.at(*resource).status != ResourceStatus::Forward) return false;
  const StepState& step = state.at(id);
  const bool waits = step.status == StepStatus::Pending || step.status == StepStatus::Failed ||
                     (step.status == StepStatus::Running && step.direction == Direction::Forward);
  const auto& needs = plan.at(id).needs;
  const bool may_follow = waits && std::ranges::all_of(needs, [&](StepId need) {
                            return is_settled(plan, state, need, id);
                          });
  const bool is_marker = std::holds_alternative<PointOfNoReturn>(plan.at(id).action);
  return may_follow && (!is_marker || held_back_by(plan, state, id).empty());
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
  return last_started(plan, state, [&](StepId id) { return !stays(plan, state, id); });
}

std::optional<StepId> next_undo(const Plan& plan, const RunState& state, ResourceId resource) {
  return last_started(plan, state, [&](StepId id) { return plan.resource_of(id) == resource; });
}

Direction direction_of(const Plan& plan, const RunState& state, StepId step) {
  const bool alone = has_status(state, plan.resource_of(step), ResourceStatus::RollingBack);
  return alone ? Direction::Back : state.direction;
}

std::vector<ResourceId> going_back(const RunState& state) {
  std::vector<ResourceId> found;
  for (std::uint32_t r = 0; r < state.resources.size(); ++r) {
    if (state.resources[r].status == ResourceStatus::RollingBack) found.push_back(ResourceId{r});
  }
  return found;
}

bool is_barred(const Plan& plan, const RunState& state, std::optional<PhaseId> to,
               std::optional<StepId> retreat) {
  std::optional<ResourceId> only;
  if (to) only = plan.at(*to).resource;
  if (retreat) only = plan.resource_of(*retreat);
  return only ? is_past_point_of_no_return(plan, state, *only)
              : is_past_point_of_no_return(plan, state);
}

bool is_finished(const Plan& plan, const RunState& state) {
  const bool has_moved = std::ranges::any_of(state.resources, [](const ResourceState& resource) {
    return resource.status != ResourceStatus::RolledBack;
  });
  if (!has_moved) return false;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const StepStatus status = state.steps[i].status;
    const bool is_over = status == StepStatus::Done || status == StepStatus::Skipped ||
                         has_status(state, plan.resource_of(StepId{i}), ResourceStatus::RolledBack);
    if (!is_over) return false;
  }
  return true;
}

std::optional<ResourceId> own_state(const Plan& plan, StepId step) {
  return plan.resources.empty() ? std::optional(ResourceId{0}) : plan.resource_of(step);
}

bool is_past_point_of_no_return(const Plan& plan, const RunState& state) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const bool is_marker = std::holds_alternative<PointOfNoReturn>(plan.steps[i].action);
    if (is_marker && plan.sees(StepId{i}) && state.steps[i].started > 0) return true;
  }
  return false;
}

bool is_past_point_of_no_return(const Plan& plan, const RunState& state, ResourceId resource) {
  const auto marker = point_of_no_return(plan, resource);
  return marker && state.at(*marker).started > 0;
}

bool is_partial(const RunState& state) {
  return state.direction == Direction::Forward &&
         std::ranges::any_of(state.resources, [](const ResourceState& resource) {
           return resource.status == ResourceStatus::RolledBack;
         });
}

std::string evidence(const Plan& plan, const RunState& state, StepId step) {
  std::string facts = print(plan_hash(plan));
  for (std::uint32_t i = 0; i < step.index; ++i) {
    const StepState& earlier = state.steps[i];
    // What other resources do meanwhile says nothing of this one.
    const auto whose = plan.resource_of(StepId{i});
    if (whose && plan.resource_of(step) && whose != plan.resource_of(step)) continue;
    facts += fmt::format("\n{} {} {}", plan.steps[i].name, name(earlier.status), earlier.summary);
  }
  return print(sha256(facts));
}

std::optional<WritesState> stream(const Plan& plan, const RunState& state) {
  WritesState writes;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (!plan.sees(StepId{i})) continue;
    // Undone, it may have left the writes on their way back, for the undoing of their step.
    const StepState& step = state.steps[i];
    if (std::holds_alternative<Rehearse>(plan.steps[i].action) && step.started > 0 &&
        step.status != StepStatus::Done)
      return std::nullopt;
    const auto* leave = std::get_if<Leave>(&plan.steps[i].action);
    if (leave != nullptr && leave->what == Left::Writes && step.status == StepStatus::Done)
      return std::nullopt;
    if (!std::holds_alternative<RouteWrites>(plan.steps[i].action)) continue;
    if (state.steps[i].status == StepStatus::Done) {
      writes = after_writes(plan, StepId{i}, writes);
    } else if (left_a_trace(state.steps[i])) {
      return std::nullopt;
    }
  }
  return writes.follows() ? std::optional(writes) : std::nullopt;
}

Side leading_side(const Plan& plan, const RunState& state) {
  WritesState writes;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const bool is_done = state.steps[i].status == StepStatus::Done && plan.sees(StepId{i});
    if (is_done && std::holds_alternative<RouteWrites>(plan.steps[i].action))
      writes = after_writes(plan, StepId{i}, writes);
  }
  return writes.authority;
}

bool follows(const Plan& plan) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* writes = std::get_if<RouteWrites>(&plan.steps[i].action);
    const bool is_own = writes != nullptr && plan.sees(StepId{i});
    if (is_own && is_logged(writes->mirror) && writes->to == Side::Old) return true;
  }
  return false;
}

}  // namespace mig::plan
