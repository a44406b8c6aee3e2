// Resources move on their own: what one of them moves, nobody else in the plan touches meanwhile.
#pragma once

#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::compiler {

// Reports M4020, a table that two resources move, and M4015, a step that stands on what
// `allow_partial` may have left undone. `names` are the spans of the resources' names, `steps`
// those of the plan's steps.
void check_resources(const plan::Plan& plan, const std::vector<syntax::Span>& names,
                     const std::vector<syntax::Span>& steps, Diagnostics& diagnostics);

}  // namespace mig::compiler
