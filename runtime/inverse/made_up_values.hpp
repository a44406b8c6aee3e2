// Values of every type to try an inverse with: those at the limits and those that transforms trip
// over, and any number of random ones between them.
//
// Pure: the same dice give the same values. One thread.
#pragma once

#include <vector>

#include "compiler/plan/types.hpp"
#include "runtime/dice.hpp"
#include "runtime/inverse/hints.hpp"
#include "runtime/inverse/row.hpp"

namespace mig::runtime {

// The simplest value: none where that is one, else zero, the empty text, the first word.
FieldValue plainest(const plan::Type& type);

// In a fixed order, the plainest first, each once.
std::vector<FieldValue> boundary_values(const plan::Type& type, const FieldHints& hints);

// One of `boundary`, or something between: a text of their pieces, any number.
FieldValue random_value(const plan::Type& type, const FieldHints& hints,
                        const std::vector<FieldValue>& boundary, Dice& dice);

}  // namespace mig::runtime
