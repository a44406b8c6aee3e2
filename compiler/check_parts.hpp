// Rules about what two sides, two phases or two clients do at the same time.
//
// Part of the compiler's passes; used by compile.cpp for a plan, or for each view of one.
#pragma once

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/ordered_view.hpp"

namespace mig::compiler {

// M4020 of phases side by side, M4022, M4027, M4033.
void check_parts(const OrderedView& ordered, Diagnostics& diagnostics);

}  // namespace mig::compiler
