// Following as a run does it: from the step that begins it until a later one ends it.
//
// The old store keeps the changelog, the new one the place up to which it was carried over. Between
// the two steps a resident carries over whatever comes, a slice at a time, beside the steps of the
// plan. One thread, that of the slices.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/plan/plan.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/follower.hpp"

namespace mig::runtime {

// From here on every commit of others to the old table is logged, for the step `step`. Twice is
// once.
Result<void> start_following(World& world, plan::StepId step);
// Takes the changelog and the place away. Twice is once.
Result<void> stop_following(World& world, plan::StepId step);

class Resident {
 public:
  // One slice, where the run follows now (plan::followed_by); nothing where it does not.
  Result<std::optional<Followed>> tend(World& world);

 private:
  Result<void> prune(World& world, std::int64_t position);

  std::optional<plan::StepId> step_;
  std::optional<Follower> follower_;
  std::int64_t pruned_ = 0;  // entries up to here are out of the log
};

}  // namespace mig::runtime
