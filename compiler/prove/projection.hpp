// A plan as one of its resources lives it: its own steps, and those beside the resources.
//
// Used by the prover. What other resources do never touches the sides of this one; that one of them
// sends everything back is what a person may do as well, at any moment.
#pragma once

#include <vector>

#include "compiler/plan/plan.hpp"

namespace mig::compiler::prove {

struct Projection {
  plan::Plan plan;                   // without resources, with the sides of this one
  std::vector<plan::StepId> origin;  // of each of its steps, in the plan that was projected
};

// `view` is a plan without resources, or a view of one (plan/views.hpp).
Projection project(const plan::Plan& view);

}  // namespace mig::compiler::prove
