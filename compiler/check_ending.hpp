// M4011: when a plan has ended, one side takes the writes and one answers the reads, or the plan
// says at its end that it is otherwise, and why.
//
// Runs only on plans that are otherwise right.
#pragma once

#include <vector>

#include "compiler/analysis.hpp"

namespace mig::compiler {

// `spans`: where each step is written, in the plan's order.
void check_ending(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                  Diagnostics& diagnostics);

}  // namespace mig::compiler
