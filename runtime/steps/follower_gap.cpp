// What a follower does where its feed has a gap.
#include <utility>

#include "runtime/steps/delete_cap.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/steps/store_step.hpp"

namespace mig::runtime {

Result<Followed> Follower::advance(World& world, std::size_t limit) {
  MIG_ASSIGN(followed, count_ ? count(world, limit) : carry_over(world, limit));
  if (followed) return *followed;
  // No transaction of ours is open now: a slot is made when none is.
  MIG_ASSIGN(place, feed_->go_on());
  behind_gap_ = place;
  MIG_ASSIGN(sweep, Sweep::open(world, carrier_->lane()));
  sweep_.emplace(std::move(sweep));
  count_.emplace(most_deletes_.value_or(most_deletes_of(*plan_)), place);
  MIG_ASSIGN(counted, count(world, limit));
  // Another gap already, which the next call meets.
  return counted.value_or(Followed{});
}

// Nothing where there is another gap. Before the sweep begins, which writes and deletes.
Result<std::optional<Followed>> Follower::count(World& world, std::size_t limit) {
  MIG_ASSIGN(target, world.stores.writing(target_store()));
  for (const auto& owned : owned_)
    MIG_TRY(owned->open(target));
  MIG_ASSIGN(applied, read_applied(target, world.authority.run, plan_->at(step_).name));
  auto found = count_->advance(world, {reader_, *carrier_, owned_, *feed_}, limit);
  if (!found) {
    // Whoever asks again counts again: what stopped it may have been mended.
    count_.reset();
    sweep_.reset();
    return std::unexpected(std::move(found).error());
  }
  if (*found == GapCount::Found::Gap) return std::optional<Followed>();
  const std::int64_t rows = count_->rows_read();
  if (*found == GapCount::Found::Bearable) count_.reset();
  return std::optional(Followed{.position = position_of(applied), .entries = rows + 1});
}

Result<Touched> Follower::look_everywhere(World& world, std::int64_t after, std::size_t limit) {
  MIG_ASSIGN(target, world.stores.writing(target_store()));
  for (const auto& owned : owned_)
    MIG_TRY(owned->open(target));
  MIG_ASSIGN(touched, sweep_->next(world, owned_, limit));
  is_swept_ = touched.is_last;
  touched.until = is_swept_ ? behind_gap_ : after;
  touched.is_last = false;
  MIG_TRY(reader_.read_each(touched.keys, page_, gone_));
  MIG_TRY(doubt_gone(behind_gap_, touched));
  return touched;
}

}  // namespace mig::runtime
