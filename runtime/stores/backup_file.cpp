#include "runtime/stores/backup_file.hpp"

#include <cassert>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sql_text.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {
namespace {

constexpr std::string_view kNotes = "mig_backup";
constexpr std::string_view kLines = "mig_restore";

}  // namespace

RowSum::RowSum() : row_(Batch::of({plan::Type::of(plan::Base::Bytes)})) {}

void RowSum::add_cell(const SqlCell& cell) {
  cells_ += static_cast<char>('0' + static_cast<int>(cell.storage));
  if (cell.storage == StorageClass::Integer) cells_ += std::to_string(cell.integer);
  if (cell.storage == StorageClass::Real) cells_ += fmt::format("{}", cell.real);
  if (cell.storage == StorageClass::Text || cell.storage == StorageClass::Blob) {
    cells_ += fmt::format("{}:", cell.bytes.size());
    cells_ += cell.bytes;
  }
  cells_ += ';';
}

void RowSum::end_row() {
  row_.clear();
  row_.columns[0].append_bytes(cells_);
  sum_.add(fingerprint(row_.columns, 0, scratch_));
  cells_.clear();
}

Result<BackupFile> BackupFile::create(const std::filesystem::path& path) {
  MIG_ASSIGN(database, open_sqlite(path, Mode::Create, {.noun = "backup"}));
  return BackupFile(std::move(database));
}

// SQLite takes names for equal whatever their case, and keeps some for itself.
Result<std::string> BackupFile::free_name(const std::string& wanted) const {
  MIG_ASSIGN(find, database_.prepare("SELECT 1 FROM sqlite_schema WHERE name = ? COLLATE NOCASE"));
  const bool is_reserved = wanted.size() >= 7 && is_same_name(wanted.substr(0, 7), "sqlite_");
  const std::string base = is_reserved ? "rows_of_" + wanted : wanted;
  for (int number = 1;; ++number) {
    std::string name = number == 1 ? base : fmt::format("{}_{}", base, number);
    if (is_same_name(name, kNotes) || is_same_name(name, kLines)) continue;
    find.bind_text(1, name);
    MIG_ASSIGN(is_taken, find.step());
    find.reset();
    if (!is_taken) return name;
  }
}

Result<void> BackupFile::finish() {
  if (notes_.empty()) return {};
  MIG_ASSIGN(transaction, Transaction::begin_write(database_));
  MIG_TRY(database_.execute(
      fmt::format("CREATE TABLE {}(dataset TEXT, store TEXT, place TEXT, table_name TEXT, "
                  "taken_at TEXT, rows INTEGER)",
                  kNotes)));
  MIG_ASSIGN(insert,
             database_.prepare(fmt::format("INSERT INTO {} VALUES(?, ?, ?, ?, ?, ?)", kNotes)));
  for (const BackupNote& note : notes_) {
    int parameter = 0;
    for (const std::string* text :
         {&note.dataset, &note.store, &note.place, &note.table, &note.taken_at})
      insert.bind_text(++parameter, *text);
    insert.bind(++parameter, note.rows);
    MIG_TRY(insert.run());
  }
  std::vector<std::string> selects;
  for (const auto& [store, lines] : restores_) {
    const std::string name = quote_text(store);
    if (!lines.begin.empty())
      selects.push_back(fmt::format("SELECT {}, {}", name, quote_text(lines.begin)));
    for (const std::string& rows : lines.rows)
      selects.push_back(fmt::format("SELECT {}, line FROM ({})", name, rows));
    if (!lines.end.empty())
      selects.push_back(fmt::format("SELECT {}, {}", name, quote_text(lines.end)));
  }
  MIG_TRY(database_.execute(
      fmt::format("CREATE VIEW {}(store, line) AS {}", kLines, fmt::join(selects, " UNION ALL "))));
  return transaction.commit();
}

}  // namespace mig::runtime
