#include "runtime/engine/downtime.hpp"

#include <fmt/format.h>

namespace mig::runtime {
namespace {

// Of the newest step that stopped the writes of the resource.
std::optional<plan::Duration> accepted(const plan::Plan& plan, const plan::RunState& state,
                                       plan::ResourceId resource) {
  std::optional<plan::Duration> longest;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* writes = std::get_if<plan::RouteWrites>(&plan.steps[i].action);
    const bool stopped = writes != nullptr && writes->to == plan::Side::None &&
                         state.steps[i].status == plan::StepStatus::Done &&
                         own_state(plan, plan::StepId{i}) == resource;
    if (stopped && writes->max_downtime) longest = writes->max_downtime;
  }
  return longest;
}

bool is_past_its_marker(const plan::Plan& plan, const plan::RunState& state,
                        plan::ResourceId resource) {
  return plan.resources.empty() ? is_past_point_of_no_return(plan, state)
                                : is_past_point_of_no_return(plan, state, resource);
}

}  // namespace

std::optional<Overdue> overdue_downtime(const plan::Plan& plan, const plan::RunState& state,
                                        Instant now) {
  for (std::uint32_t i = 0; i < state.resources.size(); ++i) {
    const plan::ResourceId resource{i};
    const plan::ResourceState& seen = state.at(resource);
    if (!seen.writes_stopped_at || seen.status != plan::ResourceStatus::Forward) continue;
    if (is_past_its_marker(plan, state, resource)) continue;
    const auto longest = accepted(plan, state, resource);
    const Instant since{std::chrono::microseconds(*seen.writes_stopped_at)};
    if (!longest || now - since <= *longest) continue;
    const std::string whose =
        plan.resources.empty() ? std::string("writes") : "writes of " + plan.at(resource).name;
    return Overdue{resource,
                   fmt::format("{} have stood still for longer than the {} that the plan accepts",
                               whose, plan::print(*longest))};
  }
  return std::nullopt;
}

}  // namespace mig::runtime
