#include "runtime/steps/verify.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/steps/letter_retry.hpp"
#include "runtime/steps/recheck.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/sqlite_lineage.hpp"
#include "runtime/stores/sqlite_writer.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kRepairsAtOnce = 200;

Result<void> check_deletes(const plan::Plan& plan, const Reconciliation& result, plan::Ratio most) {
  for (const DatasetDrift& drift : result.datasets) {
    const __int128 extra = static_cast<__int128>(drift.extra) * plan::Ratio::kWhole;
    if (extra <= static_cast<__int128>(most.parts()) * drift.found) continue;
    return fail(ErrorKind::Permanent,
                fmt::format("repair would delete {} of {} rows of `{}`, the plan allows {}",
                            drift.extra, drift.found, plan.at(drift.dataset).name, print(most)),
                "look at the extra rows first: they may be the application's");
  }
  return {};
}

Result<void> delete_row(const Database& database, const plan::Plan& plan,
                        const RowDifference& extra) {
  MIG_ASSIGN(table, quoted_table(plan, extra.dataset));
  const plan::Entity& entity = plan.entity_of(extra.dataset);
  std::string where;
  for (const std::uint32_t position : entity.key()) {
    MIG_ASSIGN(column, quote_identifier(entity.fields[position].column));
    where += fmt::format("{}t.{} = ?", where.empty() ? "" : " AND ", column);
  }
  MIG_ASSIGN(drop, database.prepare(fmt::format("DELETE FROM {} AS t WHERE {}", table, where)));
  bind_key(drop, 1, extra.place);
  return drop.run();
}

// Reads the source row again and writes all that it becomes.
class Repairer {
 public:
  static Result<Repairer> open(World& world) {
    MIG_ASSIGN(source, world.stores.reader(world.plan.at(world.plan.from).store));
    MIG_ASSIGN(reader, KeysetReader::open(*source, world.plan, world.plan.from));
    return Repairer(world.plan, std::move(reader));
  }

  Result<std::int64_t> write(const Database& database, const RowDifference& difference) {
    MIG_TRY(reader_.read_at(difference.source, page_));
    if (page_.rows.rows == 0) return 0;
    carrier_->run(page_.rows);
    MIG_TRY(open(database));
    for (auto& [dataset, lineage] : lineages_)
      MIG_TRY(lineage.forget_owner(written_key(plan_->entity_of(plan_->from), page_.rows, 0)));
    if (!chunk_) {
      MIG_ASSIGN(opened, ChunkWriter::open(database, *plan_, *carrier_, WriteRule::Replace,
                                           SharedRows::Overwrite));
      chunk_.emplace(std::move(opened));
    }
    MIG_ASSIGN(totals, chunk_->write(*carrier_, page_));
    return totals.written;
  }

  Result<std::int64_t> remove(const Database& database, const RowDifference& extra) {
    MIG_TRY(open(database));
    MIG_TRY(delete_row(database, *plan_, extra));
    const std::int64_t deleted = database.changes();
    const auto lineage = lineages_.find(extra.dataset.index);
    if (lineage != lineages_.end()) MIG_TRY(lineage->second.forget_row(extra.place));
    return deleted;
  }

 private:
  Repairer(const plan::Plan& plan, KeysetReader reader)
      : plan_(&plan), reader_(std::move(reader)), carrier_(std::make_unique<Carrier>(plan)) {}

  Result<void> open(const Database& database) {
    if (std::exchange(is_open_, true)) return {};
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
  KeysetReader reader_;
  std::unique_ptr<Carrier> carrier_;
  std::optional<ChunkWriter> chunk_;
  std::map<std::uint32_t, Lineage> lineages_;  // by dataset; from `open` on
  bool is_open_ = false;
  Page page_;
};

class VerifyStep final : public Step {
 public:
  VerifyStep(const plan::Plan& plan, const plan::Verify& action, plan::StepId id)
      : plan_(plan), action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override {
    if (action_.repair && !letters_) {
      MIG_ASSIGN(letters, LetterRetry::open(world, id_));
      letters_.emplace(std::move(letters));
    }
    if (letters_ && !are_letters_tried_) {
      MIG_ASSIGN(is_done, letters_->advance(world));
      are_letters_tried_ = is_done;
      if (!is_done) return Outcome{More{.cursor = "set aside rows are tried again"}, {}};
    }
    if (!reconciler_) {
      reconciler_.emplace(plan_, world.stores,
                          ReconcileOptions{.sample = action_.sample,
                                           .run = world.authority.run,
                                           .scratch_folder = world.folder / ".mig"});
    }
    MIG_ASSIGN(is_done, reconciler_->advance());
    if (!is_done) {
      return Outcome{More{.cursor = fmt::format("{} rows compared", reconciler_->rows_read())}, {}};
    }
    // Others wrote while the tables were read one after the other: most of what differs does not.
    const auto stream = plan::stream(world.plan, world.state);
    if (stream && reconciler_->result().drift() > 0) {
      if (!recheck_) {
        MIG_ASSIGN(opened, Recheck::open(world, id_, stream->followed()));
        recheck_.emplace(std::move(opened));
      }
      MIG_ASSIGN(is_judged, recheck_->advance(world, *reconciler_));
      if (!is_judged) return Outcome{More{.cursor = "suspects are looked at again"}, {}};
    }
    const Reconciliation result =
        recheck_ ? recheck_->confirmed(reconciler_->result()) : reconciler_->result();
    if (action_.repair && !repaired_ && result.drift() > 0) {
      MIG_TRY(check_deletes(plan_, result, action_.most_deletes));
      MIG_ASSIGN(rows, recheck_ ? recheck_->mend(world)
                                : repair(world, id_, *reconciler_, action_.most_deletes));
      repaired_ = rows;
      are_letters_tried_ = false;  // a row that was set aside may have stood against a spoilt one
      reconciler_.reset();
      recheck_.reset();
      return Outcome{More{.cursor = fmt::format("{} rows repaired", rows)}, {}};
    }
    std::string summary = print_summary(plan_, result);
    if (repaired_) summary += fmt::format("; repaired {} rows", *repaired_);
    if (letters_ && letters_->closed() > 0)
      summary += fmt::format("; {} dead letters closed", letters_->closed());
    return Outcome{Done{.summary = std::move(summary)}, {}};
  }

  Result<Outcome> undo(World& world) override {
    const plan::StoreId target = plan_.at(plan_.to.front()).store;
    if (world.stores.exists(target)) {
      MIG_ASSIGN(effect, begin_effect(world, target, id_));
      MIG_TRY(effect.commit_undone());
    }
    return Outcome{Done{.summary = "nothing to undo"}, {}};
  }

 private:
  const plan::Plan& plan_;
  plan::Verify action_;
  plan::StepId id_;
  std::optional<LetterRetry> letters_;
  bool are_letters_tried_ = false;
  std::optional<Reconciler> reconciler_;
  std::optional<Recheck> recheck_;
  std::optional<std::int64_t> repaired_;
};

}  // namespace

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
    const Database& database = effect.database();
    MIG_TRY(database.execute("PRAGMA defer_foreign_keys = ON"));
    for (const RowDifference& difference : some) {
      MIG_ASSIGN(rows, difference.kind == DriftClass::Extra ? repairer.remove(database, difference)
                                                            : repairer.write(database, difference));
      changed += rows;
    }
    Applied now = effect.applied().value_or(Applied{});
    now.cursor = "repaired";
    MIG_TRY(effect.commit(now));
  }
}

std::unique_ptr<Step> make_verify(const plan::Plan& plan, const plan::Verify& action,
                                  plan::StepId id) {
  return std::make_unique<VerifyStep>(plan, action, id);
}

}  // namespace mig::runtime
