// Says of an inverse that it is none: the row, what became of it, and what to do (M3011). Pure.
#pragma once

#include <string>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/inverse/inverse_check.hpp"

namespace mig::cli {

// `view` has the sides of the inverse; `at` is the `back` statement. REQUIRES: there is a
// counterexample.
void report_no_inverse(const plan::Plan& view, const runtime::InverseResult& result,
                       std::uint32_t seed, const syntax::Span& at,
                       compiler::Diagnostics& diagnostics);

}  // namespace mig::cli
