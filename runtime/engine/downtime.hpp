// How long writes may stand still: what a plan accepts, and whether it is over.
//
// Used by the executor before it starts another slice. Pure.
#pragma once

#include <optional>
#include <string>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"

namespace mig::runtime {

struct Overdue {
  plan::ResourceId resource;  // whose writes stand still
  std::string sentence;
};

// Set where writes have stood still for longer than the plan accepts, and may still be put back.
std::optional<Overdue> overdue_downtime(const plan::Plan& plan, const plan::RunState& state,
                                        Instant now);

}  // namespace mig::runtime
