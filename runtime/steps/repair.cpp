#include "runtime/steps/repair.hpp"

#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "runtime/data/carry.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/steps/delete_cap.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/lineage.hpp"
#include "runtime/stores/open_rows.hpp"
#include "runtime/stores/redis_writer.hpp"
#include "runtime/stores/references.hpp"
#include "runtime/stores/row_writer.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kRepairsAtOnce = 200;

// Gives how many rows went.
Result<std::int64_t> delete_row(Effect& effect, const plan::Plan& plan,
                                const RowDifference& extra) {
  if (RedisEffect* const redis = effect.redis()) {
    if (raw_key_of(extra.place)) return 0;  // no key of the dataset's form: somebody else's
    MIG_ASSIGN(writer, RedisWriter::open(*redis, plan, extra.dataset, WriteRule::Replace));
    return writer.remove({extra.place});
  }
  const Database& database = effect.database();
  MIG_ASSIGN(table, quoted_table(plan, extra.dataset));
  MIG_ASSIGN(where, at_place_sql(database.dialect(), plan.entity_of(extra.dataset)));
  MIG_ASSIGN(drop, database.prepare(fmt::format("DELETE FROM {} AS t WHERE {}", table, where)));
  bind_key(drop, 1, extra.place);
  MIG_TRY(drop.run());
  return database.changes();
}

// Reads the source row again and writes all that it becomes.
class Repairer {
 public:
  static Result<Repairer> open(World& world) {
    MIG_ASSIGN(reader, open_rows(world.stores, world.plan, world.plan.from));
    return Repairer(world, std::move(reader));
  }

  Result<std::int64_t> write(Effect& effect, const RowDifference& difference) {
    MIG_TRY(reader_.read_at(difference.source, page_));
    if (page_.rows.rows == 0) return 0;
    carrier_->run(page_.rows);
    MIG_TRY(open(effect));
    for (auto& [dataset, lineage] : lineages_)
      MIG_TRY(lineage.forget_owner(written_key(plan_->entity_of(plan_->from), page_.rows, 0)));
    if (!chunk_ || !chunk_->is_for(effect)) {
      MIG_ASSIGN(opened, open_chunk(effect, *plan_, *carrier_, WriteRule::Replace, *clock_,
                                    SharedRows::Overwrite));
      chunk_ = std::move(opened);
    }
    MIG_ASSIGN(totals, chunk_->write(effect, *carrier_, page_));
    return totals.written;
  }

  Result<std::int64_t> remove(Effect& effect, const RowDifference& extra) {
    MIG_TRY(open(effect));
    MIG_ASSIGN(deleted, delete_row(effect, *plan_, extra));
    const auto lineage = lineages_.find(extra.dataset.index);
    if (lineage != lineages_.end()) MIG_TRY(lineage->second.forget_row(extra.place));
    return deleted;
  }

 private:
  Repairer(const World& world, KeysetReader reader)
      : plan_(&world.plan),
        clock_(&world.clock),
        reader_(std::move(reader)),
        carrier_(std::make_unique<Carrier>(world.plan)) {}

  Result<void> open(Effect& effect) {
    if (std::exchange(is_open_, true) || effect.redis() != nullptr) return {};
    const Database& database = effect.database();
    for (const plan::DatasetId dataset : plan_->to) {
      auto lineage = Lineage::of(*plan_, dataset);
      if (!lineage) continue;
      MIG_TRY(lineage->install(database));
      MIG_TRY(lineage->open(database));
      lineages_.emplace(dataset.index, std::move(*lineage));
    }
    return {};
  }

  const plan::Plan* plan_;
  const Clock* clock_;
  KeysetReader reader_;
  std::unique_ptr<Carrier> carrier_;
  std::unique_ptr<ChunkWriter> chunk_;
  std::map<std::uint32_t, Lineage> lineages_;  // by dataset; from `open` on
  bool is_open_ = false;
  Page page_;
};

}  // namespace

Result<void> check_deletes(const plan::Plan& plan, const Reconciliation& result, plan::Ratio most) {
  for (const DatasetDrift& drift : result.datasets) {
    const Deletes deletes{drift.dataset, drift.extra, drift.found};
    MIG_TRY(check_deletes(
        plan, "repair", deletes, most,
        fmt::format("look at the extra rows first: they may be the application's; where they may "
                    "go, run `mig repair --max-delete {}%`",
                    whole_percent(deletes))));
  }
  return {};
}

Result<std::int64_t> repair(World& world, plan::StepId id, Reconciler& compared,
                            plan::Ratio most_deletes) {
  MIG_TRY(check_deletes(world.plan, compared.result(), most_deletes));
  MIG_ASSIGN(repairer, Repairer::open(world));
  const plan::StoreId target = world.plan.at(world.plan.to.front()).store;
  std::int64_t changed = 0;
  for (std::int64_t after = 0;; after += static_cast<std::int64_t>(kRepairsAtOnce)) {
    MIG_ASSIGN(some, compared.differences(after, kRepairsAtOnce));
    if (some.empty()) return changed;
    MIG_ASSIGN(effect, begin_effect(world, target, id));
    MIG_TRY(refer_later(effect));
    for (const RowDifference& difference : some) {
      MIG_ASSIGN(rows, difference.kind == DriftClass::Extra ? repairer.remove(effect, difference)
                                                            : repairer.write(effect, difference));
      changed += rows;
    }
    Applied now = effect.applied().value_or(Applied{});
    now.cursor = "repaired";
    MIG_TRY(effect.commit(now));
  }
}

}  // namespace mig::runtime
