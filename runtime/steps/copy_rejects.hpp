// What becomes of the rows that a copy cannot move: a letter each, and whether the plan bears them.
// One thread, like the copy.
#pragma once

#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/reject.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/dead_letters.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {

// Of the rows of a page that could not be read, and of those that were refused.
std::vector<DeadLetter> letters_of(const World& world, const plan::Copy& copy, plan::StepId step,
                                   const Page& page, const std::vector<RowReject>& rejects);

// Refuses the page where the plan does not bear its rejects.
Result<void> judge_rejects(const plan::Copy& copy, const std::vector<DeadLetter>& letters,
                           const Applied& now);

}  // namespace mig::runtime
