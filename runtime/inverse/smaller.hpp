// Makes a row that fails smaller: each value plainer or shorter, one at a time, until no change
// lets it fail any more.
//
// Used where a counterexample was found; the smallest one names the mistake. Pure; one thread.
#pragma once

#include <functional>
#include <vector>

#include "compiler/plan/schema.hpp"
#include "runtime/inverse/hints.hpp"
#include "runtime/inverse/row.hpp"

namespace mig::runtime {

// Which of these rows still fail in the way that matters.
using StillFails = std::function<std::vector<bool>(const std::vector<Row>&)>;

// REQUIRES: `row` fails.
Row smallest(const plan::Entity& entity, const std::vector<FieldHints>& hints, Row row,
             const StillFails& fails);

}  // namespace mig::runtime
