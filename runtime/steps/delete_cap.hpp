// How many rows may go at once from the side that is made what the other one says.
//
// What stands on that side alone is deleted: it may be what the application deleted, or all that is
// left of what the other side has lost. So who is about to delete counts first, and stops where
// more than `max_delete` would go; a follower over a gap stops also where the other side is empty
// all of a sudden, whatever is allowed. A person decides. Used by repairs and by followers. What a
// log tells of row by row is the application's own, and has no cap (follower.hpp). Any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

struct Deletes {
  plan::DatasetId dataset;
  std::int64_t extra = 0;  // that would go
  std::int64_t found = 0;  // of so many
};

// The plan's `max_delete`: the largest share that one of its repairs may delete, one percent where
// it says nothing.
plan::Ratio most_deletes_of(const plan::Plan& plan);
// Permanent where that is a larger share than `most`. `who` would delete
// them; `help`: what a person does next.
Result<void> check_deletes(const plan::Plan& plan, std::string_view who, const Deletes& deletes,
                           plan::Ratio most, std::string_view help);
// What a person has to allow for them, in percent.
std::int64_t whole_percent(const Deletes& deletes);
// The same of a side that has nothing left to say, whatever the plan allows. REQUIRES: `leads` is
// empty and `follows` is not.
std::unexpected<Error> suddenly_empty(const plan::Plan& plan, plan::DatasetId leads,
                                      plan::DatasetId follows);

}  // namespace mig::runtime
