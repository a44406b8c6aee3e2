#include <cassert>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "runtime/data/fingerprint.hpp"
#include "runtime/full_disk.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/structure.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sqlite_keyset.hpp"

namespace mig::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 1000;

// Every cell as it is, whatever its column is declared: a backup keeps rows that fit no type.
struct TableCopy {
  std::string table;  // quoted
  std::string columns;
  std::string marks;
};

// A sum over all rows that does not depend on their order.
Result<FingerprintSum> sum_of(const Database& database, const TableCopy& copy) {
  FingerprintSum sum;
  MIG_ASSIGN(rows,
             database.prepare(fmt::format("SELECT {} FROM {} AS t", copy.columns, copy.table)));
  std::string scratch;
  Batch row = Batch::of({plan::Type::of(plan::Base::Bytes)});
  std::string cells;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return sum;
    cells.clear();
    for (int i = 0; i < rows.column_count(); ++i) {
      const StorageClass storage = rows.storage_class(i);
      cells += static_cast<char>('0' + static_cast<int>(storage));
      if (storage == StorageClass::Integer) cells += std::to_string(rows.integer(i));
      if (storage == StorageClass::Real) cells += fmt::format("{}", rows.real(i));
      if (storage == StorageClass::Text || storage == StorageClass::Blob) {
        cells += fmt::format("{}:", rows.bytes(i).size());
        cells += rows.bytes(i);
      }
      cells += ';';
    }
    row.clear();
    row.columns[0].append_bytes(cells);
    sum.add(fingerprint(row.columns, 0, scratch));
  }
}

// A file as it is at one moment, whoever writes to it meanwhile.
struct Snapshot {
  Database database;
  std::optional<Transaction> transaction;
};

class BackupStep final : public Step {
 public:
  BackupStep(const plan::Plan& plan, const plan::Backup& action, plan::StepId id)
      : plan_(plan), action_(action), id_(id) {}

  // The copy is written beside its place and takes it at the end, so a file there is a whole one.
  // A slice is a table's page; killed, it starts anew.
  Result<Outcome> advance(World& world) override {
    auto outcome = advance_copy(world);
    // Half a copy is worth nothing, and takes the room that everybody waits for.
    if (!outcome && outcome.error().cause == Cause::DiskFull && !partial_.empty()) {
      copy_.reset();
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
    if (!copy_) {
      if (fs::exists(place)) {
        return fail(ErrorKind::Permanent,
                    fmt::format("there is a file `{}` already, and this run did not make it",
                                place.string()),
                    "move it away, or give the backup another place");
      }
      MIG_TRY(begin(world, place));
      return Outcome{More{.counts = counts_}, {}};
    }
    if (dataset_ < action_.datasets.size()) {
      MIG_TRY(copy_page(world));
      return Outcome{More{.cursor = fmt::format("{} rows", counts_.written), .counts = counts_},
                     {}};
    }
    MIG_TRY(compare(world));
    MIG_TRY(take_place(world, place));
    return done();
  }

  Result<bool> is_mine(World& world) const {
    MIG_ASSIGN(database, world.stores.writer(plan_.at(action_.datasets.front()).store));
    MIG_ASSIGN(applied, read_applied(*database, world.authority.run, plan_.at(id_).name));
    return applied.has_value();
  }

  Outcome done() const {
    return {Done{.summary = fmt::format("{} are in `{}`, read back and equal",
                                        names_of(plan_, action_.datasets), action_.to),
                 .counts = counts_},
            {}};
  }

  // A file with a write-ahead log is read as it was when the copy began. A look as long as that
  // would stop the writers of any other file, so there the tables have to stand still.
  Result<const Database*> source(World& world, plan::DatasetId dataset) {
    const plan::StoreId store = plan_.at(dataset).store;
    MIG_ASSIGN(reader, world.stores.reader(store));
    if (!is_wal(*reader)) return reader;
    std::unique_ptr<Snapshot>& snapshot = snapshots_[world.stores.path(store)];
    if (snapshot == nullptr) {
      MIG_ASSIGN(database, world.stores.another_reader(store));
      auto made = std::make_unique<Snapshot>(Snapshot{std::move(database), {}});
      MIG_ASSIGN(transaction, Transaction::begin_read(made->database));
      made->transaction.emplace(std::move(transaction));
      snapshot = std::move(made);
    }
    return &snapshot->database;
  }

  Result<TableCopy> table_copy(World& world, plan::DatasetId dataset) {
    MIG_ASSIGN(database, source(world, dataset));
    MIG_ASSIGN(schema, read_schema(*database));
    const LiveTable* live = schema.table(plan_.at(dataset).table);
    if (live == nullptr) {
      return fail(ErrorKind::Permanent,
                  fmt::format("there is no table `{}` to back up", plan_.at(dataset).table),
                  "take it out of the backup");
    }
    TableCopy copy;
    MIG_ASSIGN(table, quote_identifier(live->name));
    copy.table = table;
    for (const LiveColumn& column : live->columns) {
      if (column.is_generated) continue;
      MIG_ASSIGN(name, quote_identifier(column.name));
      copy.columns += (copy.columns.empty() ? "" : ", ") + name;
      copy.marks += copy.marks.empty() ? "?" : ", ?";
    }
    return copy;
  }

  Result<void> begin(World& world, const fs::path& place) {
    partial_ = place.string() + ".partial";
    std::error_code failed;
    fs::create_directories(place.parent_path(), failed);
    fs::remove(partial_, failed);
    snapshots_.clear();
    MIG_ASSIGN(made, open_sqlite(partial_, Mode::Create, {.noun = "backup"}));
    for (const plan::DatasetId dataset : action_.datasets) {
      MIG_ASSIGN(database, source(world, dataset));
      MIG_ASSIGN(schema, read_schema(*database));
      const LiveTable* live = schema.table(plan_.at(dataset).table);
      MIG_TRY(table_copy(world, dataset));
      MIG_TRY(made.execute(live->sql));
      MIG_TRY(copy_indexes(*database, live->name, made));
    }
    copy_.emplace(std::move(made));
    return {};
  }

  static Result<void> copy_indexes(const Database& from, const std::string& table,
                                   const Database& to) {
    MIG_ASSIGN(rows, from.prepare("SELECT sql FROM sqlite_schema WHERE type = 'index' "
                                  "AND tbl_name = ? AND sql IS NOT NULL"));
    rows.bind_text(1, table);
    while (true) {
      MIG_ASSIGN(has_row, rows.step());
      if (!has_row) return {};
      MIG_TRY(to.execute(std::string(rows.text(0))));
    }
  }

  // Whole rows in key order, cell by cell.
  Result<void> copy_page(World& world) {
    assert(copy_.has_value());
    const plan::DatasetId dataset = action_.datasets[dataset_];
    MIG_ASSIGN(copy, table_copy(world, dataset));
    MIG_ASSIGN(database, source(world, dataset));
    if (!reader_) {
      MIG_ASSIGN(opened, SqliteRows::open(*database, plan_, dataset));
      reader_.emplace(std::move(opened));
      cursor_.clear();
    }
    MIG_ASSIGN(rows, reader_->read_raw(cursor_, copy.columns, kPage));
    MIG_ASSIGN(insert, copy_->prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})", copy.table,
                                                  copy.columns, copy.marks)));
    MIG_ASSIGN(transaction, Transaction::begin_write(*copy_));
    for (const std::string& row : rows.cells) {
      bind_key(insert, 1, row);
      MIG_TRY(insert.run());
    }
    MIG_TRY(transaction.commit());
    counts_.written += static_cast<std::int64_t>(rows.cells.size());
    cursor_ = rows.last;
    if (rows.cells.size() == kPage) return {};
    reader_.reset();
    ++dataset_;
    return {};
  }

  // Opened anew: what is compared is what a restore would read.
  Result<void> compare(World& world) {
    copy_.reset();
    MIG_ASSIGN(reopened, open_sqlite(partial_, Mode::ReadOnly, {.noun = "backup"}));
    for (const plan::DatasetId dataset : action_.datasets) {
      MIG_ASSIGN(copy, table_copy(world, dataset));
      MIG_ASSIGN(database, source(world, dataset));
      MIG_ASSIGN(ours, sum_of(reopened, copy));
      MIG_ASSIGN(theirs, sum_of(*database, copy));
      if (ours == theirs) continue;
      return fail(ErrorKind::Permanent,
                  fmt::format("the backup of `{}` has {} rows and differs from the table's {}",
                              plan_.at(dataset).name, ours.rows(), theirs.rows()),
                  "somebody writes to the table; stop the writes, or give the file a write-ahead "
                  "log, and run the step again");
    }
    snapshots_.clear();
    return {};
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
  std::optional<Database> copy_;
  std::map<fs::path, std::unique_ptr<Snapshot>> snapshots_;  // by file
  std::optional<SqliteRows> reader_;
  std::size_t dataset_ = 0;
  std::string cursor_;
  plan::Counts counts_;
};

}  // namespace

std::unique_ptr<Step> make_backup(const plan::Plan& plan, const plan::Backup& action,
                                  plan::StepId id) {
  return std::make_unique<BackupStep>(plan, action, id);
}

}  // namespace mig::runtime
