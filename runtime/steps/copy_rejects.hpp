// What becomes of the rows that a copy cannot move: a letter each, and whether the plan bears them.
// One thread, like the copy.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/reject.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/dead_letters.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/open_store.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {

// Of the rows of a page that could not be read, and of those that were refused.
std::vector<DeadLetter> letters_of(const World& world, const plan::Copy& copy, plan::StepId step,
                                   const Page& page, const std::vector<RowReject>& rejects);

// Refuses the page where the plan does not bear its rejects.
Result<void> judge_rejects(const plan::Copy& copy, const std::vector<DeadLetter>& letters,
                           const Applied& now);

// The rows of the plan's old side that were set aside before, by whom ever.
class SetAsideBefore {
 public:
  explicit SetAsideBefore(const plan::Plan& plan) : plan_(plan) {}

  // Looks in the target for letters that are open.
  Result<void> find(const World& world, const OpenStore& target);
  bool empty() const { return keys_.empty(); }
  // Those of this page. Rows that are set aside again get a new letter.
  Result<void> close(const World& world, Effect& effect, const Page& page) const;

 private:
  const plan::Plan& plan_;
  std::set<std::string> keys_;
};

}  // namespace mig::runtime
