// Following as a run does it: from the step that begins it until a later one ends it.
//
// The side that leads keeps the changelog, the other one the place up to which it was carried over,
// and the lineage of shared rows. Between the two steps a resident carries over whatever comes, a
// slice at a time, beside the steps of the plan. One thread, that of the slices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/sql_database.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

// Where the two sides of the plan stand; a followed plan has one store for each.
plan::StoreId old_store(const World& world);
plan::StoreId new_store(const World& world);

// Fails where somebody has taken away what notes the changes of the side that leads: what was
// written since is known to nobody.
Result<void> check_still_noted(World& world, plan::Side leads);

// What start_following would refuse for good, found before the plan begins; changes nothing. Tables
// that the plan creates may be missing. REQUIRES: the store of the side that leads is there.
Result<void> check_following(const plan::Plan& plan, Stores& stores, plan::StepId step,
                             plan::Side leads);
// Where a follower stands that has carried over nothing yet.
extern const Applied kFirstPlace;
// Whether nothing stands in the log of the side that leads but what its follower has passed; asked
// under the write lock of the store that holds both sides.
Result<bool> is_carried_over(const World& world, const Database& database, plan::StepId step,
                             plan::Side leads);
// Triggers lead from that side and from no other. Inside an Effect's transaction of the store that
// holds both sides; twice is once.
Result<void> lead_by_triggers(const Database& database, const plan::Plan& plan, plan::Side leads);

// From here on every commit of others to the side that leads is logged, for the step `step`. Twice
// is once.
Result<void> start_following(World& world, plan::StepId step, plan::Side leads = plan::Side::Old);
// Takes the changelog and the place away. Twice is once.
Result<void> stop_following(World& world, plan::StepId step, plan::Side leads = plan::Side::Old);

// Takes away what the end of the plan leaves no use for, where it leaves the writes to both sides:
// a log that nobody reads any more. Triggers that carry over stay. Twice is once.
Result<void> let_go(World& world);

class Resident {
 public:
  // One slice, where the run follows now (plan::stream); nothing where it does not, or where it
  // rests: a write to a file that the application writes as well is followed by a pause as long as
  // itself.
  Result<std::optional<Followed>> tend(World& world);

  // When `tend` has something to do again, as far as it knows.
  Instant rests_until() const { return rests_until_; }

 private:
  Result<std::optional<Followed>> tend_now(World& world);
  Result<void> open(World& world, plan::StepId step, plan::Side leads);
  Result<void> prune(World& world, std::int64_t position);
  Result<void> renew(World& world, Instant seen);

  std::optional<plan::StepId> step_;
  plan::Side leads_ = plan::Side::Old;
  bool is_shared_ = false;  // the application writes where this writes
  std::optional<Follower> follower_;
  std::size_t at_once_ = 0;  // entries a slice
  std::int64_t pruned_ = 0;  // entries up to here are out of the log
  Instant rests_until_;
  Instant next_renewal_;
  Instant next_passing_;
};

}  // namespace mig::runtime
