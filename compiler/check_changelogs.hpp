// How long a changelog lasts, while nobody reads it.
//
// One thread.
#pragma once

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/ordered_view.hpp"

namespace mig::compiler {

// Reports waits that are longer than the changelog kept meanwhile, by what its store says of it.
void check_changelogs(const OrderedView& ordered, Diagnostics& diagnostics);

}  // namespace mig::compiler
