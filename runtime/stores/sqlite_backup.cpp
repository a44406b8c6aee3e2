#include "runtime/stores/sqlite_backup.hpp"

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPage = 1000;

class SqliteBackup final : public BackupSource {
 public:
  SqliteBackup(Stores& stores, const plan::Plan& plan, plan::DatasetId dataset,
               std::shared_ptr<StoreSnapshot> snapshot)
      : stores_(stores), plan_(plan), dataset_(dataset), snapshot_(std::move(snapshot)) {}

  Result<void> begin(BackupFile& file) override {
    MIG_ASSIGN(from, source());
    MIG_ASSIGN(schema, read_schema(*from));
    const LiveTable* live = schema.table(plan_.at(dataset_).table);
    if (live == nullptr) {
      return fail(ErrorKind::Permanent,
                  fmt::format("there is no table `{}` to back up", plan_.at(dataset_).table),
                  "take it out of the backup");
    }
    MIG_ASSIGN(table, quote_identifier(live->name));
    table_ = table;
    for (const LiveColumn& column : live->columns) {
      if (column.is_generated) continue;
      MIG_ASSIGN(name, quote_identifier(column.name));
      columns_ += (columns_.empty() ? "" : ", ") + name;
      marks_ += marks_.empty() ? "?" : ", ?";
    }
    MIG_TRY(file.database().execute(live->sql));
    return copy_indexes(*from, live->name, file.database());
  }

  // Whole rows in key order, cell by cell.
  Result<BackupPage> copy(BackupFile& file) override {
    if (!reader_) {
      MIG_ASSIGN(from, source());
      MIG_ASSIGN(opened, SqliteRows::open(*from, plan_, dataset_));
      reader_.emplace(std::move(opened));
    }
    MIG_ASSIGN(rows, reader_->read_raw(last_, columns_, kPage));
    MIG_ASSIGN(insert, file.database().prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})",
                                                           table_, columns_, marks_)));
    MIG_ASSIGN(transaction, Transaction::begin_write(file.database()));
    for (const std::string& row : rows.cells) {
      bind_key(insert, 1, row);
      MIG_TRY(insert.run());
    }
    MIG_TRY(transaction.commit());
    last_ = rows.last;
    return BackupPage{static_cast<std::int64_t>(rows.cells.size()), rows.cells.size() < kPage};
  }

  Result<bool> compare(const Database& file) override {
    MIG_ASSIGN(from, source());
    MIG_ASSIGN(ours, sum_of(file));
    MIG_ASSIGN(theirs, sum_of(*from));
    if (ours == theirs) return true;
    return fail(ErrorKind::Permanent,
                fmt::format("the backup of `{}` has {} rows and differs from the table's {}",
                            plan_.at(dataset_).name, ours.rows(), theirs.rows()),
                "somebody writes to the table; stop the writes, or give the file a write-ahead "
                "log, and run the step again");
  }

  bool can_go_on() const override { return true; }

 private:
  Result<const Database*> source() {
    if (snapshot_ != nullptr) return &snapshot_->database;
    return stores_.reader(plan_.at(dataset_).store);
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

  Result<FingerprintSum> sum_of(const Database& database) const {
    MIG_ASSIGN(rows, database.prepare(fmt::format("SELECT {} FROM {} AS t", columns_, table_)));
    RowSum sum;
    while (true) {
      MIG_ASSIGN(has_row, rows.step());
      if (!has_row) return sum.sum();
      for (int i = 0; i < rows.column_count(); ++i)
        sum.add_cell(cell_of(rows, i));
      sum.end_row();
    }
  }

  Stores& stores_;
  const plan::Plan& plan_;
  plan::DatasetId dataset_;
  std::shared_ptr<StoreSnapshot> snapshot_;
  std::optional<SqliteRows> reader_;
  std::string table_;  // quoted
  std::string columns_;
  std::string marks_;
  std::string last_;  // the place behind which the next page begins
};

}  // namespace

std::unique_ptr<BackupSource> sqlite_backup(Stores& stores, const plan::Plan& plan,
                                            plan::DatasetId dataset,
                                            std::shared_ptr<StoreSnapshot> snapshot) {
  return std::make_unique<SqliteBackup>(stores, plan, dataset, std::move(snapshot));
}

}  // namespace mig::runtime
