#include "runtime/stores/postgres_backup.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/postgres_definition.hpp"
#include "runtime/stores/sql_text.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

constexpr std::int64_t kPage = 1000;
constexpr std::int64_t kCompared = 20'000;  // rows of the file in one slice

// What psql is told first. A restore is one transaction: it happens or it does not.
constexpr std::string_view kBegin = R"sql(\set ON_ERROR_STOP on
\set QUIET on
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET search_path = {};
BEGIN;)sql";

// SQL of SQLite's: the texts with tabs between them. A balanced tree, as SQLite bounds its depth.
std::string joined(const std::vector<std::string>& cells, std::size_t first, std::size_t end) {
  if (end - first == 1) return cells[first];
  const std::size_t middle = first + (end - first) / 2;
  return fmt::format("({} || char(9) || {})", joined(cells, first, middle),
                     joined(cells, middle, end));
}

// The same for the rows of a table as COPY reads them: a SELECT of SQLite's. Control characters are
// spelled out, also for the sake of clients that would print them in a way of their own; some at a
// time, as SQLite's parser takes no deep nesting.
std::string copy_lines(const std::string& table, const std::vector<std::string>& columns) {
  constexpr int kAtOnce = 8;
  std::vector<std::string> cells;
  for (const std::string& column : columns) {
    cells.push_back(
        fmt::format("CASE typeof({0}) WHEN 'null' THEN '\\N' WHEN 'blob' THEN '\\\\x' || hex({0}) "
                    "ELSE replace(replace({0}, '\\', '\\\\'), char(9), '\\x09') END",
                    column));
  }
  std::string sql = fmt::format("WITH mig_line_0(line) AS (SELECT {} FROM {})",
                                joined(cells, 0, cells.size()), table);
  std::string line = "line";
  int passes = 0;
  int wrapped = 0;
  const auto end_pass = [&] {
    sql += fmt::format(", mig_line_{}(line) AS (SELECT {} FROM mig_line_{})", passes + 1, line,
                       passes);
    ++passes;
    line = "line";
    wrapped = 0;
  };
  for (int code = 1; code <= 127; ++code) {
    const bool is_control = (code < 32 && code != 9) || code == 127;
    if (!is_control) continue;
    line = fmt::format("replace({}, char({}), '\\x{:02x}')", line, code, code);
    if (++wrapped == kAtOnce) end_pass();
  }
  end_pass();
  return fmt::format("{} SELECT line FROM mig_line_{}", sql, passes);
}

class PostgresBackup final : public BackupSource {
 public:
  PostgresBackup(const plan::Plan& plan, plan::DatasetId dataset,
                 std::shared_ptr<StoreSnapshot> snapshot, std::string taken_at)
      : plan_(plan), dataset_(dataset), snapshot_(std::move(snapshot)) {
    note_.dataset = plan.at(dataset).name;
    note_.store = plan.at(plan.at(dataset).store).name;
    note_.taken_at = std::move(taken_at);
  }

  Result<void> begin(BackupFile& file) override {
    MIG_ASSIGN(definition, read_definition(snapshot_->database, plan_.at(dataset_).table));
    definition_ = std::move(definition);
    note_.place = definition_.table;
    MIG_ASSIGN(name, file.free_name(plan_.at(dataset_).table));
    note_.table = std::move(name);
    MIG_TRY(choose_columns());
    MIG_TRY(file.database().execute(
        fmt::format("CREATE TABLE {}({})", table_, fmt::join(ours_, ", "))));
    cursor_ = fmt::format("mig_backup_{}", dataset_.index);
    MIG_TRY(snapshot_->database.execute(
        fmt::format("DECLARE {} NO SCROLL CURSOR FOR SELECT {} "
                    "FROM {}",
                    cursor_, fmt::join(theirs_, ", "), definition_.table)));
    return tell_way_back(file);
  }

  Result<BackupPage> copy(BackupFile& file) override {
    assert(snapshot_ != nullptr && "the last page ends the copy");
    if (!fetch_) {
      MIG_ASSIGN(prepared, snapshot_->database.prepare(
                               fmt::format("FETCH FORWARD {} FROM {}", kPage, cursor_)));
      fetch_.emplace(std::move(prepared));
    }
    const std::vector<std::string> marks(ours_.size(), "?");
    MIG_ASSIGN(insert, file.database().prepare(fmt::format("INSERT INTO {} VALUES({})", table_,
                                                           fmt::join(marks, ", "))));
    MIG_ASSIGN(transaction, Transaction::begin_write(file.database()));
    BackupPage page;
    while (true) {
      MIG_ASSIGN(has_row, fetch_->step());
      if (!has_row) break;
      for (int i = 0; i < static_cast<int>(ours_.size()); ++i)
        take_cell(i, insert);
      theirs_sum_.end_row();
      MIG_TRY(insert.run());
      ++page.rows;
    }
    MIG_TRY(transaction.commit());
    note_.rows += page.rows;
    page.is_last = page.rows < kPage;
    if (page.is_last) {
      file.note(note_);
      fetch_.reset();
      snapshot_.reset();
    }
    return page;
  }

  // With what the server gave: it shows the same moment to nobody else.
  Result<bool> compare(const Database& file) override {
    if (!back_) {
      MIG_ASSIGN(prepared,
                 file.prepare(fmt::format("SELECT {} FROM {}", fmt::join(ours_, ", "), table_)));
      back_.emplace(std::move(prepared));
    }
    for (std::int64_t row = 0; row < kCompared; ++row) {
      MIG_ASSIGN(has_row, back_->step());
      if (!has_row) {
        back_.reset();
        if (ours_sum_.sum() == theirs_sum_.sum()) return true;
        return fail(ErrorKind::Permanent,
                    fmt::format("the backup of `{}` reads back as {} rows that are not the {} that "
                                "were written",
                                note_.dataset, ours_sum_.sum().rows(), theirs_sum_.sum().rows()),
                    "look at the disk of the backup, and run the step again");
      }
      for (int i = 0; i < static_cast<int>(ours_.size()); ++i)
        ours_sum_.add_cell(cell_of(*back_, i));
      ours_sum_.end_row();
    }
    return false;
  }

  bool can_go_on() const override { return false; }

 private:
  // SQLite takes names for equal that PostgreSQL tells apart.
  Result<void> choose_columns() {
    MIG_ASSIGN(table, quote_identifier(note_.table));
    table_ = table;
    std::vector<std::string> chosen;
    for (const auto& column : definition_.columns) {
      if (column.is_generated) continue;
      std::string name = column.name;
      const auto is_taken = [&](const std::string& other) { return is_same_name(other, name); };
      for (int number = 2; std::ranges::any_of(chosen, is_taken); ++number)
        name = fmt::format("{}_{}", column.name, number);
      chosen.push_back(name);
      MIG_ASSIGN(ours, quote_identifier(name));
      MIG_ASSIGN(theirs, quote_identifier(column.name));
      ours_.push_back(ours);
      theirs_.push_back(theirs);
    }
    if (!ours_.empty()) return {};
    return fail(ErrorKind::Permanent,
                fmt::format("the table `{}` has no column to back up", plan_.at(dataset_).table),
                "take it out of the backup");
  }

  Result<void> tell_way_back(BackupFile& file) const {
    RestoreLines& lines = file.restore(note_.store);
    if (lines.begin.empty()) {
      MIG_ASSIGN(path, snapshot_->database.prepare("SELECT current_setting('search_path')"));
      MIG_TRY(path.step());
      const std::string said = path.text(0).empty() ? "''" : std::string(path.text(0));
      lines.begin = fmt::format(kBegin, said);
    }
    lines.rows.push_back("SELECT " +
                         quote_text(fmt::format("{}COPY {} ({}) FROM stdin;", definition_.before,
                                                definition_.table, fmt::join(theirs_, ", "))) +
                         " AS line");
    lines.rows.push_back(copy_lines(table_, ours_));
    lines.rows.push_back("SELECT " + quote_text("\\.\n" + definition_.after) + " AS line");
    // Behind all tables of the store, in front of the end of its transaction.
    if (lines.end.empty()) lines.end = "COMMIT;";
    lines.end = definition_.references + lines.end;
    return {};
  }

  void take_cell(int column, Statement& insert) {
    SqlCell cell{.storage = fetch_->storage_class(column)};
    switch (cell.storage) {
      case StorageClass::Null:
        break;
      case StorageClass::Integer:
        cell.integer = fetch_->integer(column);
        break;
      case StorageClass::Real:  // SQLite has no NaN
        cell.storage = StorageClass::Text;
        [[fallthrough]];
      case StorageClass::Text:
      case StorageClass::Blob:
        cell.bytes = fetch_->bytes(column);
        break;
    }
    insert.behind().bind(column + 1, cell);
    theirs_sum_.add_cell(cell);
  }

  const plan::Plan& plan_;
  plan::DatasetId dataset_;
  std::shared_ptr<StoreSnapshot> snapshot_;  // null behind the last page
  PostgresDefinition definition_;
  BackupNote note_;
  std::string table_;                // of the file, quoted
  std::vector<std::string> ours_;    // columns of the file, quoted
  std::vector<std::string> theirs_;  // the same of the server's table
  std::string cursor_;
  std::optional<Statement> fetch_;  // ends before the snapshot
  std::optional<Statement> back_;
  RowSum ours_sum_;
  RowSum theirs_sum_;
};

}  // namespace

Result<void> hold_tables(const Database& snapshot, const std::vector<std::string>& tables) {
  MIG_TRY(snapshot.execute("SET LOCAL row_security = off"));
  for (const std::string& table : tables) {
    MIG_ASSIGN(name, quote_identifier(table));
    MIG_TRY(snapshot.execute(fmt::format("LOCK TABLE {} IN ACCESS SHARE MODE", name)));
  }
  return {};
}

std::unique_ptr<BackupSource> postgres_backup(const plan::Plan& plan, plan::DatasetId dataset,
                                              std::shared_ptr<StoreSnapshot> snapshot,
                                              std::string taken_at) {
  return std::make_unique<PostgresBackup>(plan, dataset, std::move(snapshot), std::move(taken_at));
}

}  // namespace mig::runtime
