// What stands on the right side of a gate's clause, and what is reported about it.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/analysis.hpp"

namespace mig::compiler {

// `2` or `1.05`, in billionths; nothing where it is no factor that a reading could have.
std::optional<std::int64_t> factor(const syntax::Expr& expr);

// False after M2022: nothing times anything is nothing, and no number of requests proves that.
bool has_floor(Analysis& analysis, const syntax::Expr& limit, const plan::Clause& clause);

// M2001: the clause has one unit, and what stands at `at` another.
void report_units(Analysis& analysis, const syntax::Binary& binary, const syntax::Span& at,
                  plan::Unit unit, plan::Unit other);

}  // namespace mig::compiler
