// What must hold of every plan, whoever made it: the compiler asserts it, the decoder refuses
// without it.
#pragma once

#include <optional>
#include <string>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

// The first thing that is wrong: an id that points nowhere, a step that needs a later one, a
// transform that does not fill its entity. Absent when the plan is whole.
std::optional<std::string> flaw_of(const Plan& plan);

}  // namespace mig::plan
