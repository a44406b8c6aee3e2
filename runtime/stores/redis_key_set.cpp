#include "runtime/stores/redis_key_set.hpp"

namespace mig::runtime {
namespace {

// Sorting spills into files, and of what is sorted a few megabytes are in memory.
constexpr const char* kTables = R"sql(
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = FILE; PRAGMA cache_size = -8192;
CREATE TABLE found(key BLOB NOT NULL);
CREATE TABLE sorted(key BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID;
)sql";

}  // namespace

Result<RedisKeySet> RedisKeySet::open(const std::filesystem::path& folder) {
  std::error_code ignored;  // where there is no folder, the database says so
  std::filesystem::create_directories(folder, ignored);
  auto file = std::make_unique<ScratchFile>(folder);
  MIG_ASSIGN(database, open_sqlite(file->path(), Mode::Create, {.noun = "scratch file"}));
  MIG_TRY(database.execute(kTables));
  MIG_ASSIGN(add, database.prepare("INSERT INTO found VALUES(?)"));
  MIG_ASSIGN(range, database.prepare("SELECT key FROM sorted WHERE key >= ?1 AND (?2 OR key <> ?1) "
                                     "AND (?3 OR key <= ?4) ORDER BY key LIMIT ?5"));
  RedisKeySet set(std::move(file), std::move(database), std::move(add), std::move(range));
  MIG_TRY(set.clear());
  return set;
}

Result<void> RedisKeySet::clear() {
  count_ = 0;
  if (database_.is_in_transaction()) MIG_TRY(database_.execute("COMMIT"));
  return database_.execute("DELETE FROM found; DELETE FROM sorted; BEGIN");
}

Result<void> RedisKeySet::add(std::string_view key) {
  add_.bind_bytes(1, key);
  return add_.run();
}

Result<void> RedisKeySet::finish() {
  MIG_TRY(
      database_.execute("INSERT INTO sorted SELECT DISTINCT key FROM found ORDER BY key;"
                        "DELETE FROM found; COMMIT"));
  MIG_ASSIGN(rows, database_.prepare("SELECT count(*) FROM sorted"));
  MIG_TRY(rows.step());
  count_ = rows.integer(0);
  return {};
}

Result<void> RedisKeySet::range(const std::optional<std::string>& after,
                                const std::optional<std::string>& until, std::size_t limit,
                                std::vector<std::string>& keys) {
  keys.clear();
  range_.reset();
  range_.bind_bytes(1, after.value_or(""));
  range_.bind(2, std::int64_t{!after});
  range_.bind(3, std::int64_t{!until});
  range_.bind_bytes(4, until.value_or(""));
  range_.bind(5, static_cast<std::int64_t>(limit));
  while (true) {
    MIG_ASSIGN(has_row, range_.step());
    if (!has_row) break;
    keys.emplace_back(range_.bytes(0));
  }
  range_.reset();
  return {};
}

Result<std::optional<std::string>> RedisKeySet::last() const {
  MIG_ASSIGN(rows, database_.prepare("SELECT key FROM sorted ORDER BY key DESC LIMIT 1"));
  MIG_ASSIGN(has_row, rows.step());
  if (!has_row) return std::nullopt;
  return std::string(rows.bytes(0));
}

}  // namespace mig::runtime
