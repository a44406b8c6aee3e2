#include "runtime/steps/recheck.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "runtime/steps/store_step.hpp"

namespace mig::runtime {
namespace {

constexpr int kRounds = 3;
constexpr std::size_t kEntriesAtOnce = 500;
constexpr std::size_t kPending = 100'000;  // entries between two looks, a moment apart

}  // namespace

Result<Recheck> Recheck::open(World& world, plan::StepId step, plan::StepId followed) {
  MIG_ASSIGN(follower, Follower::open(world, followed));
  MIG_ASSIGN(check, RowCheck::open(world.plan, world.stores));
  return Recheck(step, std::move(follower), std::move(check));
}

Result<bool> Recheck::advance(World& world, Reconciler& compared) {
  if (rounds_ == 0) {
    MIG_ASSIGN(suspects, compared.differences(0, static_cast<std::size_t>(kMostSuspects) + 1));
    open_ = std::move(suspects);
  }
  if (static_cast<std::int64_t>(open_.size()) > kMostSuspects) {
    is_too_many_ = true;
    return true;
  }
  Followed followed;
  do {
    MIG_ASSIGN(slice, follower_.advance(world, kEntriesAtOnce));
    followed = slice;
  } while (!followed.is_drained);
  const std::vector<RowDifference> suspects = std::exchange(open_, {});
  MIG_TRY(judge(world, suspects, followed.position));
  const bool is_last_round = ++rounds_ == kRounds;
  if (is_last_round) confirmed_.insert(confirmed_.end(), open_.begin(), open_.end());
  return is_last_round || open_.empty();
}

Result<void> Recheck::judge(World& world, const std::vector<RowDifference>& suspects,
                            std::int64_t position) {
  const plan::Plan& plan = world.plan;
  const plan::Entity& source = plan.entity_of(plan.from);
  MIG_ASSIGN(reader, world.stores.reader(plan.at(plan.from).store));
  // Nothing of ours is written: the lock keeps the new side as it is, and goes with the effect.
  const auto lock = begin_effect(world, plan.at(plan.to.front()).store, step_);
  if (!lock) return std::unexpected(lock.error());
  MIG_ASSIGN(snapshot, Transaction::begin_read(*reader));
  MIG_ASSIGN(touched, follower_.log().read(*reader, position, kPending));
  std::set<std::string> pending;
  for (const std::string& key : touched.keys) {
    MIG_ASSIGN(place, place_as_written(*reader, source, key));
    if (place) pending.insert(*place);
  }
  for (const RowDifference& suspect : suspects) {
    const std::string from = source_of(suspect);
    MIG_ASSIGN(owner, place_as_written(*reader, source, from));
    if (owner && pending.contains(*owner)) {
      open_.push_back(suspect);
      continue;
    }
    MIG_ASSIGN(is_same, check_.is_equal(from));
    if (!is_same) confirmed_.push_back(suspect);
  }
  return snapshot.commit();
}

// An extra row says only where it stands itself; its key holds that of its owner.
std::string Recheck::source_of(const RowDifference& difference) const {
  return difference.kind == DriftClass::Extra
             ? check_.owner_of(difference.dataset, difference.place)
             : difference.source;
}

Result<std::int64_t> Recheck::mend(World& world) {
  if (is_too_many_) {
    return fail(
        ErrorKind::Permanent,
        fmt::format("more than {} rows differ, too many to mend one by one while others write",
                    kMostSuspects),
        "look for the cause, then copy again with `writes none`");
  }
  std::set<std::string> places;
  for (const RowDifference& difference : confirmed_)
    places.insert(source_of(difference));
  const std::vector<std::string> all(places.begin(), places.end());
  std::int64_t written = 0;
  for (std::size_t from = 0; from < all.size(); from += kEntriesAtOnce) {
    const std::size_t end = std::min(all.size(), from + kEntriesAtOnce);
    MIG_ASSIGN(rows, follower_.mend(world, step_,
                                    {all.begin() + static_cast<std::ptrdiff_t>(from),
                                     all.begin() + static_cast<std::ptrdiff_t>(end)}));
    written += rows;
  }
  return written;
}

Reconciliation Recheck::confirmed(const Reconciliation& suspected) const {
  if (is_too_many_) return suspected;
  Reconciliation result = suspected;
  result.first.clear();
  result.source_drift = 0;
  for (DatasetDrift& drift : result.datasets)
    drift.missing = drift.extra = drift.mismatched = 0;
  std::set<std::string> sources;
  for (const RowDifference& difference : confirmed_) {
    ++std::ranges::find(result.datasets, difference.dataset, &DatasetDrift::dataset)
          ->of(difference.kind);
    const bool counts = difference.source.empty() || sources.insert(difference.source).second;
    result.source_drift += counts ? 1 : 0;
    if (result.first.size() < suspected.first.size()) result.first.push_back(difference);
  }
  return result;
}

}  // namespace mig::runtime
