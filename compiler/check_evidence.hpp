// What a gate can see where a step requires it, against what it needs to pass.
#pragma once

#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::compiler {

// Reports M2020, a gate that cannot pass even at its last look, and M2021, one that cannot at its
// first. `plan` may be the view of a resource; `spans` are those of the plan's steps.
void check_evidence(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                    Diagnostics& diagnostics);

}  // namespace mig::compiler
