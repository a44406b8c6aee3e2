#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "runtime/steps/key_removal.hpp"
#include "runtime/steps/side_guard.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"

namespace mig::runtime {
namespace {

constexpr std::int64_t kSlice = 1000;  // rows deleted in one transaction

// Empties tables a slice at a time, so that nobody waits long for the write lock.
class PurgeStep final : public Step {
 public:
  PurgeStep(const plan::Plan& plan, const plan::Purge& action, plan::StepId id)
      : plan_(plan), action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override { return or_anew(purge(world)); }

  // What stood there before is gone, and nothing used it. What stands there now this run has
  // copied, and goes too, so that the next run finds an empty table.
  Result<Outcome> undo(World& world) override { return or_anew(take_back(world)); }

 private:
  // What was not committed is found by whoever looks again.
  Result<Outcome> or_anew(Result<Outcome> outcome) {
    if (!outcome) removals_.clear();
    return outcome;
  }

  Result<Outcome> purge(World& world) {
    for (const plan::StoreId store : files_of(world.stores, action_.datasets)) {
      MIG_ASSIGN(effect, begin_effect(world, store, id_));
      Applied now = effect.applied().value_or(Applied{});
      if (now.finished) continue;
      MIG_ASSIGN(deleted, delete_slice(world, effect, store));
      now.counts.written += deleted;
      now.finished = deleted == 0;
      const plan::Counts counts = now.counts;
      MIG_TRY(effect.commit(now));
      if (!now.finished) return Outcome{More{.counts = counts}, {}};
    }
    return Outcome{Done{.summary = "purged " + names_of(plan_, action_.datasets)}, {}};
  }

  Result<Outcome> take_back(World& world) {
    for (const plan::StoreId store : files_of(world.stores, action_.datasets)) {
      if (!world.stores.exists(store)) continue;
      MIG_ASSIGN(effect, begin_effect(world, store, id_));
      const std::optional<Applied> present = effect.applied();
      if (!present) continue;
      MIG_ASSIGN(deleted, delete_slice(world, effect, store));
      if (deleted == 0) {
        for (const plan::DatasetId dataset : in_file(world.stores, store, action_.datasets))
          MIG_TRY(open_guard(effect, plan_, dataset));
        MIG_TRY(effect.commit_undone());
        continue;
      }
      MIG_TRY(effect.commit(*present));
      return Outcome{More{}, {}};
    }
    return Outcome{Done{.summary = "empty again: " + names_of(plan_, action_.datasets)}, {}};
  }

  // Rows of the first table that still has some, the last named first: children stand behind their
  // parents.
  Result<std::int64_t> delete_slice(World& world, Effect& effect, plan::StoreId store) {
    auto datasets = in_file(world.stores, store, action_.datasets);
    std::ranges::reverse(datasets);
    for (const plan::DatasetId dataset : datasets) {
      MIG_ASSIGN(rows, delete_some(world, effect, dataset));
      if (rows > 0) return rows;
    }
    return 0;
  }

  Result<std::int64_t> delete_some(World& world, Effect& effect, plan::DatasetId dataset) {
    if (effect.redis() != nullptr) return remove_keys(world, *effect.redis(), dataset);
    const Database& database = effect.database();
    MIG_ASSIGN(table, quoted_table(plan_, dataset));
    std::string key;
    for (const std::uint32_t position : plan_.entity_of(dataset).key()) {
      MIG_ASSIGN(column, quote_identifier(plan_.entity_of(dataset).fields[position].column));
      key += (key.empty() ? "" : ", ") + column;
    }
    MIG_ASSIGN(drop, database.prepare(fmt::format(
                         "DELETE FROM {0} WHERE ({1}) IN (SELECT {1} FROM {0} LIMIT {2})", table,
                         key, kSlice)));
    MIG_TRY(drop.run());
    return database.changes();
  }

  Result<std::int64_t> remove_keys(World& world, RedisEffect& effect, plan::DatasetId dataset) {
    auto removal = removals_.find(dataset.index);
    if (removal == removals_.end()) {
      MIG_ASSIGN(opened,
                 KeyRemoval::open(effect.connection(), plan_, dataset, world.stores.scratch()));
      removal = removals_.emplace(dataset.index, std::move(opened)).first;
    }
    return removal->second.queue(effect);
  }

  const plan::Plan& plan_;
  plan::Purge action_;
  plan::StepId id_;
  std::map<std::uint32_t, KeyRemoval> removals_;  // by dataset, of those in Redis
};

}  // namespace

std::unique_ptr<Step> make_purge(const plan::Plan& plan, const plan::Purge& action,
                                 plan::StepId id) {
  return std::make_unique<PurgeStep>(plan, action, id);
}

}  // namespace mig::runtime
