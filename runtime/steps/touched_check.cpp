#include "runtime/steps/touched_check.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "runtime/steps/feeds.hpp"
#include "runtime/steps/place_back.hpp"
#include "runtime/steps/store_step.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kEntriesAtOnce = 100;
constexpr std::size_t kSuspectsALock = 16;  // some hundreds of microseconds each

plan::StoreId follows_in(const plan::Plan& plan, const plan::Lane& lane) {
  return plan.at(lane.targets.front()).store;
}

}  // namespace

Result<std::int64_t> carried_up_to(World& world, const plan::WritesState& stream) {
  const plan::Lane lane = plan::lane(world.plan, stream.leads());
  MIG_ASSIGN(follows, world.stores.reading(follows_in(world.plan, lane)));
  MIG_ASSIGN(applied,
             read_applied(follows, world.authority.run, world.plan.at(stream.followed()).name));
  std::int64_t position = 0;
  if (applied) {
    const std::string& text = applied->cursor;
    std::from_chars(text.data(), text.data() + text.size(), position);
  }
  return position;
}

TouchedCheck::TouchedCheck(plan::StepId step, plan::WritesState stream, plan::Lane lane,
                           std::unique_ptr<ChangeFeed> feed, RowCheck check, std::int64_t since)
    : step_(step),
      stream_(stream),
      lane_(std::move(lane)),
      feed_(std::move(feed)),
      check_(std::move(check)),
      position_(since),
      agreed_(since) {}

Result<TouchedCheck> TouchedCheck::open(World& world, plan::StepId step,
                                        const plan::WritesState& stream, std::int64_t since) {
  const plan::Plan& plan = world.plan;
  MIG_ASSIGN(feed, open_feed(world, stream.followed(), stream.leads()));
  MIG_ASSIGN(check, RowCheck::open(plan, world.stores, world.authority.run, stream.leads()));
  return TouchedCheck(step, stream, plan::lane(plan, stream.leads()), std::move(feed),
                      std::move(check), since);
}

Result<bool> TouchedCheck::advance(World& world) {
  if (!is_looking_) {
    MIG_ASSIGN(position, carried_up_to(world, stream_));
    until_ = position;
    for (const auto& [from, difference] : different_)
      suspects_.push_back({difference.key, from});
    is_looking_ = true;
  }
  if (suspects_.empty() && position_ < until_) MIG_TRY(read(world));
  if (!suspects_.empty()) MIG_TRY(judge(world));
  is_looking_ = !suspects_.empty() || position_ < until_;
  return !is_looking_;
}

// Without a lock: what agrees here agreed at some moment since it was touched, and every later
// touch is logged.
Result<void> TouchedCheck::read(World& world) {
  MIG_ASSIGN(source, world.stores.reading(world.plan.at(lane_.source).store));
  MIG_ASSIGN(touched, feed_->read(position_, kEntriesAtOnce, Horizon::Settled));
  if (touched.is_gap) {
    has_gap_ = true;
    position_ = until_;
    return {};
  }
  if (different_.empty()) agreed_ = position_;
  for (const std::string& key : touched.keys) {
    MIG_ASSIGN(from, old_place(source, key));
    if (from.empty()) continue;
    MIG_ASSIGN(is_same, check_.is_equal(from));
    if (!is_same) suspects_.push_back({key, from});
    if (is_same) different_.erase(from);
  }
  // What is behind `until_` may not have been carried over yet, and is read once more.
  position_ = touched.entries == 0 ? until_ : std::min(touched.until, until_);
  return {};
}

Result<void> TouchedCheck::judge(World& world) {
  // Nothing is written: the lock keeps the side that follows as it is, and goes with the effect.
  const auto lock = begin_effect(world, follows_in(world.plan, lane_), step_);
  if (!lock) return std::unexpected(lock.error());
  MIG_ASSIGN(snapshot, feed_->hold());
  MIG_ASSIGN(carried, carried_up_to(world, stream_));
  for (std::size_t i = 0; i < kSuspectsALock && !suspects_.empty(); ++i) {
    const Suspect suspect = std::move(suspects_.back());
    suspects_.pop_back();
    MIG_ASSIGN(is_touched, feed_->is_touched(suspect.key, carried));
    if (is_touched) continue;
    MIG_ASSIGN(rows, check_.differences(suspect.from));
    if (!rows.empty() && !snapshot) {
      // Nothing held the rows still: it may have changed, or expired, while it was looked at.
      MIG_ASSIGN(is_touched_now, feed_->is_touched(suspect.key, carried));
      if (is_touched_now) continue;
      MIG_ASSIGN(again, check_.differences(suspect.from));
      rows = std::move(again);
    }
    if (rows.empty()) {
      different_.erase(suspect.from);
    } else if (different_.size() < kMostDifferent) {
      different_[suspect.from] = {suspect.key, std::move(rows)};
    }
  }
  return snapshot ? snapshot->commit() : Result<void>();
}

// Empty where the key is none of the old side, so that no row is its own.
Result<std::string> TouchedCheck::old_place(const OpenStore& source, const std::string& key) const {
  const plan::Plan& plan = check_.plan();
  if (lane_.authority == plan::Side::Old) return key;
  MIG_ASSIGN(place, place_as_written(source, plan.entity_of(lane_.source), key));
  return place ? old_place_of(plan, lane_, *place) : std::string();
}

std::int64_t TouchedCheck::rows_of(plan::DatasetId dataset) const {
  std::int64_t count = 0;
  for (const auto& [from, difference] : different_)
    count += std::ranges::count(difference.rows, dataset, &RowDifference::dataset);
  return count;
}

}  // namespace mig::runtime
