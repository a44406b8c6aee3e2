#include "runtime/stores/drift_scratch.hpp"

#include <unistd.h>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr const char* kScratch = R"sql(
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
CREATE TABLE expected(dataset INTEGER, code BLOB, print BLOB, source TEXT, key TEXT,
  PRIMARY KEY(dataset, code)) WITHOUT ROWID;
CREATE TABLE difference(id INTEGER PRIMARY KEY, dataset INTEGER, kind INTEGER, key TEXT,
  place TEXT, source TEXT, fields TEXT);
CREATE TABLE drifting(source TEXT PRIMARY KEY) WITHOUT ROWID;
)sql";

}  // namespace

DriftScratch::~DriftScratch() {
  expect.reset();
  find.reset();
  forget.reset();
  note.reset();
  drift.reset();
  database.reset();
  std::error_code ignored;
  if (!path.empty()) std::filesystem::remove(path, ignored);
}

Result<void> DriftScratch::open(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  path = folder / fmt::format("compare-{}-{}.db", getpid(), static_cast<void*>(this));
  std::filesystem::remove(path, failed);
  MIG_ASSIGN(made, Database::open(path, Mode::Create, {.noun = "scratch file"}));
  database.emplace(std::move(made));
  MIG_TRY(database->execute(kScratch));
  const auto prepare = [&](std::optional<Statement>& statement,
                           std::string_view sql) -> Result<void> {
    MIG_ASSIGN(prepared, database->prepare(sql));
    statement.emplace(std::move(prepared));
    return {};
  };
  MIG_TRY(prepare(expect, "INSERT INTO expected VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
  MIG_TRY(prepare(find, "SELECT print, source FROM expected WHERE dataset = ? AND code = ?"));
  MIG_TRY(prepare(forget, "DELETE FROM expected WHERE dataset = ? AND code = ?"));
  MIG_TRY(prepare(note,
                  "INSERT INTO difference(dataset, kind, key, place, source, fields) "
                  "VALUES(?, ?, ?, ?, ?, ?)"));
  return prepare(drift, "INSERT OR IGNORE INTO drifting VALUES(?)");
}

}  // namespace mig::runtime
