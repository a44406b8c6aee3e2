// Requests that mig, or the router, sends more than once.
//
// One thread.
#pragma once

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/ordered_view.hpp"

namespace mig::compiler {

// Reports steps that send requests to both services, or again, that do each time what they do.
void check_repeats(const OrderedView& ordered, Diagnostics& diagnostics);

}  // namespace mig::compiler
