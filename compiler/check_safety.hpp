// Rules that need the whole plan and no search: M4006, M4008, M4013, M4014.
//
// The first of the safety properties; they run only on plans that are otherwise right.
#pragma once

#include <vector>

#include "compiler/analysis.hpp"

namespace mig::compiler {

// `spans`: where each step is written, in the plan's order.
void check_safety(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                  Diagnostics& diagnostics);

}  // namespace mig::compiler
