// `mode = transaction`: whether triggers in the one store can carry the plan's writes over.
//
// After everything else of a plan is right. One thread.
#pragma once

#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::compiler {

// `spans`: one a step. Reports the first thing that cannot.
void check_mirrors(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                   Diagnostics& diagnostics);

}  // namespace mig::compiler
