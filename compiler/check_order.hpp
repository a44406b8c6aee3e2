// What has to come before what: the rules of a plan that need no search, each with the shortest run
// that shows what it is there for.
//
// Part of the compiler's passes; used by compile.cpp for a plan, or for each view of one.
#pragma once

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/ordered_view.hpp"

namespace mig::compiler {

// M4001, M4002, M4005, M4009, M4010, M4012, M4021, M4024, M4029.
void check_order(const OrderedView& ordered, Diagnostics& diagnostics);

}  // namespace mig::compiler
