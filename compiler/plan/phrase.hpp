// A step in a few words, as the language writes it: for traces, timelines and other lists of what
// happens.
#pragma once

#include <string>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

// `writes old, new`, `reads new 5%`, `scan old -> new`, `require same`.
std::string phrase(const Plan& plan, StepId step);

}  // namespace mig::plan
