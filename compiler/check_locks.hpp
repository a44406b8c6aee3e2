// Changes of tables that clients use, in stores where whoever changes a table locks it.
//
// One thread.
#pragma once

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/ordered_view.hpp"

namespace mig::compiler {

// Reports changes that may let clients wait for as long as the slowest of them.
void check_locks(const OrderedView& ordered, Diagnostics& diagnostics);

}  // namespace mig::compiler
