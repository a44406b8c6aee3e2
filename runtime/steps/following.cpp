#include "runtime/steps/following.hpp"

#include <algorithm>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/steps/store_step.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kEntriesAtOnce = 500;
// A log is pruned in pieces: each is a write transaction in the application's own store.
constexpr std::int64_t kPruneEvery = 2000;

plan::StoreId old_store(const World& world) {
  return world.plan.at(world.plan.from).store;
}
plan::StoreId new_store(const World& world) {
  return world.plan.at(world.plan.to.front()).store;
}

// What a comparison may still ask the log for.
bool is_compared(const World& world) {
  for (std::uint32_t i = 0; i < world.plan.steps.size(); ++i) {
    const bool is_verify = std::holds_alternative<plan::Verify>(world.plan.steps[i].action);
    if (is_verify && world.state.steps[i].status == plan::StepStatus::Running) return true;
  }
  return false;
}

}  // namespace

Result<void> start_following(World& world, plan::StepId step) {
  MIG_ASSIGN(log, Changelog::of(world.plan, world.plan.from));
  // The place first: whoever finds a changelog finds where its follower stands. In one file both
  // are one transaction.
  if (!world.stores.is_one_file(old_store(world), new_store(world))) {
    MIG_ASSIGN(place, begin_effect(world, new_store(world), step));
    if (!place.applied()) MIG_TRY(place.commit({.cursor = "0"}));
  }
  MIG_ASSIGN(effect, begin_effect(world, old_store(world), step));
  if (effect.applied()) return {};
  MIG_TRY(log.install(effect.database()));
  return effect.commit({.cursor = "0"});
}

Result<void> stop_following(World& world, plan::StepId step) {
  MIG_ASSIGN(log, Changelog::of(world.plan, world.plan.from));
  {
    MIG_ASSIGN(effect, begin_effect(world, old_store(world), step));
    MIG_TRY(log.remove(effect.database()));
    MIG_TRY(effect.commit_undone());
  }
  if (world.stores.is_one_file(old_store(world), new_store(world))) return {};
  MIG_ASSIGN(place, begin_effect(world, new_store(world), step));
  return place.commit_undone();
}

Result<std::optional<Followed>> Resident::tend(World& world) {
  const auto step = plan::followed_by(world.plan, world.state);
  if (step != step_) {
    follower_.reset();
    pruned_ = 0;
    step_ = step;
  }
  if (!step) return std::optional<Followed>();
  if (!follower_) {
    MIG_ASSIGN(opened, Follower::open(world, *step));
    follower_.emplace(std::move(opened));
  }
  MIG_ASSIGN(followed, follower_->advance(world, kEntriesAtOnce));
  if (followed.position - pruned_ >= kPruneEvery) MIG_TRY(prune(world, followed.position));
  return std::optional(followed);
}

Result<void> Resident::prune(World& world, std::int64_t position) {
  if (is_compared(world)) return {};
  MIG_ASSIGN(effect, begin_effect(world, old_store(world), *step_));
  const std::optional<Applied>& applied = effect.applied();
  if (!applied) return {};  // it ended meanwhile
  MIG_TRY(follower_->log().prune(effect.database(), position));
  MIG_TRY(effect.commit(*applied));
  pruned_ = position;
  return {};
}

}  // namespace mig::runtime
