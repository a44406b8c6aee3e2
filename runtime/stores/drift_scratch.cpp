#include "runtime/stores/drift_scratch.hpp"

#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kScratch = R"sql(
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
CREATE TABLE expected(dataset INTEGER, code BLOB, print BLOB, source TEXT, key TEXT, expiry INTEGER,
  PRIMARY KEY(dataset, code)) WITHOUT ROWID;
CREATE TABLE difference(id INTEGER PRIMARY KEY, dataset INTEGER, kind INTEGER, key TEXT,
  place TEXT, source TEXT, fields TEXT);
CREATE TABLE orphan(id INTEGER PRIMARY KEY, dataset INTEGER, key TEXT, place TEXT, name TEXT,
  value TEXT);
CREATE TABLE drifting(source TEXT PRIMARY KEY) WITHOUT ROWID;
)sql";

}  // namespace

ScratchFile::ScratchFile(const std::filesystem::path& folder)
    : path_(folder / fmt::format("compare-{}-{}.db", getpid(), static_cast<void*>(this))) {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

ScratchFile::~ScratchFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

Result<DriftScratch> DriftScratch::open(const std::filesystem::path& folder) {
  std::error_code ignored;  // where there is no folder, the database says so
  std::filesystem::create_directories(folder, ignored);
  auto file = std::make_unique<ScratchFile>(folder);
  MIG_ASSIGN(database, open_sqlite(file->path(), Mode::Create, {.noun = "scratch file"}));
  MIG_TRY(database.execute(kScratch));
  MIG_ASSIGN(expect, database.prepare(
                         "INSERT INTO expected VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
  MIG_ASSIGN(find,
             database.prepare(
                 "SELECT print, source, expiry FROM expected WHERE dataset = ? AND code = ?"));
  MIG_ASSIGN(forget, database.prepare("DELETE FROM expected WHERE dataset = ? AND code = ?"));
  MIG_ASSIGN(note,
             database.prepare("INSERT INTO difference(dataset, kind, key, place, source, fields) "
                              "VALUES(?, ?, ?, ?, ?, ?)"));
  MIG_ASSIGN(drift, database.prepare("INSERT OR IGNORE INTO drifting VALUES(?)"));
  return DriftScratch{.file = std::move(file),
                      .database = std::move(database),
                      .expect = std::move(expect),
                      .find = std::move(find),
                      .forget = std::move(forget),
                      .note = std::move(note),
                      .drift = std::move(drift)};
}

}  // namespace mig::runtime
