// The names inside a strategy: its parameters and its loops, wherever its text speaks of them.
//
// A strategy's text is copied where it is used; this reads the text itself, so that an editor knows
// what its names mean even if nobody uses it. Pure.
#pragma once

#include "compiler/name_index.hpp"
#include "compiler/strategy.hpp"

namespace mig::compiler {

void index_names(const Strategy& strategy, NameIndex& index);

}  // namespace mig::compiler
