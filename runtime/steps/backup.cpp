#include <cassert>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "runtime/full_disk.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"
#include "runtime/stores/backup_source.hpp"
#include "runtime/stores/postgres_backup.hpp"
#include "runtime/stores/redis_backup.hpp"
#include "runtime/stores/sqlite_backup.hpp"
#include "runtime/stores/store_snapshot.hpp"

namespace mig::runtime {
namespace {

namespace fs = std::filesystem;

class BackupStep final : public Step {
 public:
  BackupStep(const plan::Plan& plan, const plan::Backup& action, plan::StepId id)
      : plan_(plan), action_(action), id_(id) {}

  // The copy is written beside its place and takes it at the end, so a file there is a whole one.
  // A slice is a table's page; killed, it starts anew.
  Result<Outcome> advance(World& world) override {
    auto outcome = advance_copy(world);
    if (outcome) return outcome;
    const bool goes_on = outcome.error().kind == ErrorKind::Transient && !is_copied_ &&
                         at_ < sources_.size() && sources_[at_]->can_go_on();
    const bool is_full = outcome.error().cause == Cause::DiskFull;
    if (!goes_on || is_full) forget();
    // Half a copy is worth nothing, and takes the room that everybody waits for.
    if (is_full && !partial_.empty()) {
      std::error_code ignored;
      fs::remove(partial_, ignored);
    }
    return outcome;
  }

  Result<Outcome> undo(World& world) override {
    // What it was made of stands, and in its place it would stop the next run at its end.
    const fs::path place = world.folder / action_.to;
    MIG_ASSIGN(has_mine, is_mine(world));
    std::error_code ignored;
    if (has_mine) fs::remove(place, ignored);
    fs::remove(place.string() + ".partial", ignored);
    MIG_ASSIGN(effect, begin_effect(world, plan_.at(action_.datasets.front()).store, id_));
    MIG_TRY(effect.commit_undone());
    return Outcome{Done{.summary = has_mine ? "the backup is removed" : "nothing to undo"}, {}};
  }

 private:
  Result<Outcome> advance_copy(World& world) {
    const fs::path place = world.folder / action_.to;
    MIG_ASSIGN(has_mine, is_mine(world));
    if (has_mine && fs::exists(place)) return done();
    if (sources_.empty()) {
      if (fs::exists(place)) {
        return fail(ErrorKind::Permanent,
                    fmt::format("there is a file `{}` already, and this run did not make it",
                                place.string()),
                    "move it away, or give the backup another place");
      }
      MIG_TRY(begin(world, place));
      return more();
    }
    if (!is_copied_) {
      MIG_TRY(copy_page());
      return more();
    }
    MIG_ASSIGN(is_equal, sources_[at_]->compare(*reopened_));
    if (is_equal) ++at_;
    if (at_ < sources_.size())
      return Outcome{More{.cursor = "reading back", .counts = counts_}, {}};
    forget();
    MIG_TRY(take_place(world, place));
    return done();
  }

  Result<bool> is_mine(World& world) const {
    MIG_ASSIGN(store, world.stores.writing(plan_.at(action_.datasets.front()).store));
    MIG_ASSIGN(applied, read_applied(store, world.authority.run, plan_.at(id_).name));
    return applied.has_value();
  }

  Outcome more() const {
    return {More{.cursor = fmt::format("{} rows", counts_.written), .counts = counts_}, {}};
  }
  Outcome done() const {
    return {Done{.summary = fmt::format("{} are in `{}`, read back and equal",
                                        names_of(plan_, action_.datasets), action_.to),
                 .counts = counts_},
            {}};
  }

  Result<void> begin(World& world, const fs::path& place) {
    partial_ = place.string() + ".partial";
    std::error_code failed;
    fs::create_directories(place.parent_path(), failed);
    fs::remove(partial_, failed);
    MIG_ASSIGN(made, BackupFile::create(partial_));
    file_.emplace(std::move(made));
    std::map<fs::path, std::shared_ptr<StoreSnapshot>> snapshots;  // by place
    std::vector<std::unique_ptr<BackupSource>> sources;
    for (const plan::DatasetId dataset : action_.datasets) {
      MIG_ASSIGN(source, source_of(world, dataset, snapshots));
      sources.push_back(std::move(source));
    }
    for (const auto& source : sources)
      MIG_TRY(source->begin(*file_));
    sources_ = std::move(sources);
    counts_ = {};
    return {};
  }

  Result<std::unique_ptr<BackupSource>> source_of(
      World& world, plan::DatasetId dataset,
      std::map<fs::path, std::shared_ptr<StoreSnapshot>>& snapshots) const {
    const plan::StoreId store = plan_.at(dataset).store;
    const std::string now = print(world.clock.now());
    if (plan_.at(dataset).keys) return redis_backup(world.stores, plan_, dataset, now);
    MIG_ASSIGN(reader, world.stores.reader(store));
    const bool is_file = reader->dialect() == Dialect::Sqlite;
    const bool stands_still = !is_file || is_wal(*reader);
    if (!stands_still) return sqlite_backup(world.stores, plan_, dataset, nullptr);
    std::shared_ptr<StoreSnapshot>& snapshot = snapshots[world.stores.path(store)];
    if (snapshot == nullptr) {
      MIG_ASSIGN(taken, StoreSnapshot::take(world.stores, store));
      if (!is_file) MIG_TRY(hold_tables(taken->database, tables_in(world, store)));
      snapshot = std::move(taken);
    }
    if (is_file) return sqlite_backup(world.stores, plan_, dataset, snapshot);
    return postgres_backup(plan_, dataset, snapshot, now);
  }

  std::vector<std::string> tables_in(const World& world, plan::StoreId store) const {
    std::vector<std::string> tables;
    for (const plan::DatasetId dataset : in_file(world.stores, store, action_.datasets))
      tables.push_back(plan_.at(dataset).table);
    return tables;
  }

  Result<void> copy_page() {
    assert(at_ < sources_.size());
    MIG_ASSIGN(page, sources_[at_]->copy(*file_));
    counts_.written += page.rows;
    if (!page.is_last || ++at_ < sources_.size()) return {};
    // Opened anew: what is compared is what a restore would read.
    MIG_TRY(file_->finish());
    file_.reset();
    MIG_ASSIGN(opened, open_sqlite(partial_, Mode::ReadOnly, {.noun = "backup"}));
    reopened_.emplace(std::move(opened));
    is_copied_ = true;
    at_ = 0;
    return {};
  }

  // The next attempt begins anew.
  void forget() {
    sources_.clear();
    reopened_.reset();
    file_.reset();
    is_copied_ = false;
    at_ = 0;
  }

  // The note comes first: a file in that place is ours from then on.
  Result<void> take_place(World& world, const fs::path& place) {
    MIG_ASSIGN(effect, begin_effect(world, plan_.at(action_.datasets.front()).store, id_));
    MIG_TRY(effect.commit({.cursor = "read back", .finished = true}));
    std::error_code failed;
    fs::rename(partial_, place, failed);
    if (!failed) return {};
    return fail(
        ErrorKind::Permanent,
        fmt::format("the backup cannot be moved to `{}`: {}", place.string(), failed.message()),
        is_disk_full(failed.value()) ? "free space on its disk, then run the same command again"
                                     : "check the folder",
        is_disk_full(failed.value()) ? Cause::DiskFull : Cause::Other);
  }

  const plan::Plan& plan_;
  plan::Backup action_;
  plan::StepId id_;
  fs::path partial_;
  std::optional<BackupFile> file_;                      // while it is written
  std::optional<Database> reopened_;                    // while it is read back
  std::vector<std::unique_ptr<BackupSource>> sources_;  // end before the files; empty: not begun
  std::size_t at_ = 0;                                  // which of them is under way
  bool is_copied_ = false;
  plan::Counts counts_;
};

}  // namespace

std::unique_ptr<Step> make_backup(const plan::Plan& plan, const plan::Backup& action,
                                  plan::StepId id) {
  return std::make_unique<BackupStep>(plan, action, id);
}

}  // namespace mig::runtime
