// Values that the new side can hold and the old one cannot: what an inverse has to leave out, told
// by the types of its expressions (M4028).
#pragma once

#include "compiler/analysis.hpp"

namespace mig::compiler {

// Reports, at the `back` statement, each field of the new side whose values do not all go back: a
// narrowing, a text that has to be a number, an absent value where the old side wants one. A rule
// of the new side that refuses those values makes it right. REQUIRES: `via`, `back`, and the
// inverse emits one row of the old side.
void check_held_values(Analysis& analysis, const syntax::Span& at);

}  // namespace mig::compiler
