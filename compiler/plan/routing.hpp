// What steps of a plan say about routes, in the order in which they hold.
//
// Used by the runtime, which undoes a route by what held before it, and by the preview. Pure.
#pragma once

#include <string>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

// What held before a step: the newest such step above it, or everything at the old side.
template <class Route>
Route route_before(const Plan& plan, StepId id) {
  for (std::uint32_t i = id.index; i > 0; --i) {
    if (const auto* route = std::get_if<Route>(&plan.steps[i - 1].action)) return *route;
  }
  return Route{};
}

// The fields whose value decides where a request goes. REQUIRES: the reads are of this plan.
std::vector<std::string> hashed_fields(const Plan& plan, const RouteReads& reads);

// `new`, or `new 5% by id where region in [eu], old on error`.
std::string print(const Plan& plan, const RouteReads& reads);

}  // namespace mig::plan
