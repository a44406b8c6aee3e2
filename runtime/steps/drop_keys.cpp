#include <map>
#include <utility>

#include "runtime/steps/irreversible.hpp"
#include "runtime/steps/key_removal.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"

namespace mig::runtime {
namespace {

// `drop` of datasets in Redis, where there is no table to go at once.
class DropKeysStep final : public Step {
 public:
  DropKeysStep(const plan::Plan& plan, const plan::Drop& action, plan::StepId id)
      : plan_(plan), action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override {
    for (const plan::DatasetId dataset : action_.datasets) {
      MIG_ASSIGN(is_empty, remove_some(world, dataset));
      if (!is_empty) return Outcome{More{}, {}};
    }
    return Outcome{Done{.summary = "dropped " + names_of(plan_, action_.datasets)}, {}};
  }

  Result<Outcome> undo(World&) override {
    MIG_TRY(nothing_undoes("dropped " + names_of(plan_, action_.datasets)));
    return Outcome{Done{}, {}};
  }

 private:
  Result<bool> remove_some(World& world, plan::DatasetId dataset) {
    auto removed = remove_slice(world, dataset);
    if (!removed) removals_.clear();
    return removed;
  }
  Result<bool> remove_slice(World& world, plan::DatasetId dataset) {
    MIG_ASSIGN(effect, begin_effect(world, plan_.at(dataset).store, id_));
    RedisEffect& redis = *effect.redis();
    auto removal = removals_.find(dataset.index);
    if (removal == removals_.end()) {
      MIG_ASSIGN(opened,
                 KeyRemoval::open(redis.connection(), plan_, dataset, world.stores.scratch()));
      removal = removals_.emplace(dataset.index, std::move(opened)).first;
    }
    MIG_ASSIGN(removed, removal->second.queue(redis));
    Applied now = effect.applied().value_or(Applied{});
    now.counts.written += removed;
    MIG_TRY(effect.commit(now));
    return removed == 0;
  }

  const plan::Plan& plan_;
  plan::Drop action_;
  plan::StepId id_;
  std::map<std::uint32_t, KeyRemoval> removals_;  // by dataset
};

}  // namespace

std::unique_ptr<Step> make_drop_keys(const plan::Plan& plan, const plan::Drop& action,
                                     plan::StepId id) {
  return std::make_unique<DropKeysStep>(plan, action, id);
}

}  // namespace mig::runtime
