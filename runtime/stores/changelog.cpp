#include "runtime/stores/changelog.hpp"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "runtime/stores/catalogue.hpp"
#include "runtime/stores/guard.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/places.hpp"
#include "runtime/stores/sqlite_unique_rules.hpp"

namespace mig::runtime {
namespace {

// Of a transaction that began before every one that is still under way.
constexpr std::string_view kBegan = "xid < pg_snapshot_xmin(pg_current_snapshot())";

constexpr std::string_view kLog = "mig_ctl_log_";

// How many numbers lie between the first entry behind a place and the newest, and what the log
// takes.
constexpr const char* kWaitingInFile =
    "SELECT (SELECT seq FROM sqlite_sequence WHERE name = ?2) - min(seq) + 1, 0 FROM {} "
    "WHERE seq > ?1";
constexpr const char* kWaiting =
    "SELECT greatest(pg_sequence_last_value(pg_get_serial_sequence(?2::text, 'seq')::regclass) "
    "- first.seq + 1, 1), pg_total_relation_size(?2::text::regclass) "
    "FROM (SELECT seq FROM {} WHERE xid > (?1::text)::xid8 ORDER BY xid, seq LIMIT 1) first";

std::string_view position_column(const Database& database) {
  return database.dialect() == Dialect::Sqlite ? "seq" : "xid";
}
void bind_position(Statement& statement, const Database& database, std::int64_t position) {
  if (database.dialect() == Dialect::Sqlite) return statement.bind(1, position);
  statement.bind_text(1, std::to_string(position));
}

std::vector<std::string> columns_of(const plan::Entity& entity,
                                    const std::vector<std::uint32_t>& fields) {
  std::vector<std::string> columns;
  columns.reserve(fields.size());
  for (const std::uint32_t field : fields)
    columns.push_back(entity.fields[field].column);
  return columns;
}

}  // namespace

Result<Changelog> Changelog::of(const plan::Plan& plan, plan::DatasetId dataset) {
  Changelog log;
  MIG_ASSIGN(quoted, quote_identifier(control_name(kLog, plan.at(dataset).table)));
  log.log_ = quoted;
  const plan::Entity& entity = plan.entity_of(dataset);
  for (const std::uint32_t field : entity.key())
    log.key_types_.push_back(entity.fields[field].type);
  log.watched_.push_back({plan.at(dataset).table, columns_of(entity, entity.key())});
  return log;
}

Result<Changelog> Changelog::of_new_side(const plan::Plan& plan) {
  const plan::Lane lane = plan::lane(plan, plan::Side::New);
  MIG_ASSIGN(log, of(plan, lane.source));
  for (std::size_t i = 0; i < lane.companions.size(); ++i) {
    const plan::DatasetId dataset = lane.companions[i];
    log.watched_.push_back({plan.at(dataset).table,
                            columns_of(plan.entity_of(dataset), lane.transform.companions[i].by)});
  }
  return std::move(log);
}

Result<void> Changelog::install(const Database& database) const {
  MIG_TRY(make_log(database, log_, watched_.front()));
  for (const WatchedTable& watched : watched_)
    MIG_TRY(watch(database, log_, watched));
  return {};
}

Result<void> Changelog::install_carrying(const Database& database, const std::string& carry) const {
  MIG_TRY(silence(database));
  MIG_TRY(make_log(database, log_, watched_.front()));
  return watch_and_carry(database, log_, watched_, carry);
}

Result<void> Changelog::check(const Database& database) const {
  for (const WatchedTable& watched : watched_)
    MIG_TRY(check_watch(database, watched));
  return {};
}

Result<void> Changelog::silence(const Database& database) const {
  for (const WatchedTable& watched : watched_)
    MIG_TRY(unwatch(database, watched));
  if (database.dialect() == Dialect::Postgres) return {};
  return unwatch_and_carry(database, watched_.front());
}

Result<void> Changelog::remove(const Database& database) const {
  MIG_TRY(silence(database));
  return database.execute("DROP TABLE IF EXISTS " + log_);
}

Result<bool> Changelog::is_installed(const Database& database) const {
  return is_watched(database, watched_.front());
}

std::string Changelog::key_sql(const Database& database) const {
  std::string sql;
  for (std::size_t i = 0; i < key_types_.size(); ++i) {
    sql += i == 0 ? "" : ", ";
    sql += place_sql(database.dialect(), key_types_[i], fmt::format("k{}", i));
  }
  return sql;
}

Result<std::vector<Changelog::Entry>> Changelog::entries(Statement& rows) const {
  const int cells = static_cast<int>(watched_.front().key.size());
  std::vector<Entry> found;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) break;
    Entry entry{.at = rows.integer(0)};
    for (int i = 0; i < cells; ++i)
      append_cell(entry.place, cell_at(rows, 1 + i));
    found.push_back(std::move(entry));
  }
  rows.reset();
  return found;
}

Result<Touched> Changelog::read(const Database& database, std::int64_t after, std::size_t limit,
                                Horizon horizon) const {
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  MIG_ASSIGN(found, is_sqlite ? read_by_number(database, after, limit)
                              : read_by_transaction(database, after, limit, horizon));
  Touched touched{.until = after, .is_last = found.is_last};
  std::unordered_set<std::string> seen;
  for (Entry& entry : found.entries) {
    touched.until = entry.at;
    ++touched.entries;
    if (seen.insert(entry.place).second) touched.keys.push_back(std::move(entry.place));
  }
  for (Entry& entry : found.beside) {
    if (seen.insert(entry.place).second) touched.keys.push_back(std::move(entry.place));
  }
  return touched;
}

Result<Changelog::Found> Changelog::read_by_number(const Database& database, std::int64_t after,
                                                   std::size_t limit) const {
  MIG_ASSIGN(rows, database.prepare(
                       fmt::format("SELECT seq, {} FROM {} WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                                   key_sql(database), log_)));
  rows.bind(1, after);
  rows.bind(2, static_cast<std::int64_t>(limit));
  MIG_ASSIGN(found, entries(rows));
  const bool is_last = found.size() < limit;
  return Found{std::move(found), is_last};
}

// Transactions commit in another order than they begin and than they take numbers, so only those
// are read that began before every one that is still under way; all entries of a transaction, or
// none. A place in the log is a transaction. Behind a guard nobody is under way who could still
// write: it waited for them when it was made.
Result<Changelog::Found> Changelog::read_by_transaction(const Database& database,
                                                        std::int64_t after, std::size_t limit,
                                                        Horizon horizon) const {
  bool is_settled = horizon == Horizon::Visible;
  if (!is_settled) {
    is_settled = true;
    for (const WatchedTable& watched : watched_) {
      MIG_ASSIGN(guarded, is_guarded(database, watched.table));
      is_settled = is_settled && guarded;
    }
  }
  MIG_ASSIGN(rows, database.prepare(fmt::format(
                       "SELECT xid::text::bigint, {} FROM {} WHERE xid > (?1::text)::xid8 AND {} "
                       "ORDER BY xid, seq LIMIT ?2",
                       key_sql(database), log_, is_settled ? "true" : kBegan)));
  rows.bind_text(1, std::to_string(after));
  rows.bind(2, static_cast<std::int64_t>(limit) + 1);
  MIG_ASSIGN(found, entries(rows));
  if (found.size() > limit) {
    const std::int64_t newest = found.back().at;
    std::erase_if(found, [&](const Entry& entry) { return entry.at == newest; });
    if (!found.empty()) return Found{std::move(found), false};
    MIG_ASSIGN(whole, database.prepare(fmt::format(
                          "SELECT xid::text::bigint, {} FROM {} WHERE xid = (?1::text)::xid8",
                          key_sql(database), log_)));
    whole.bind_text(1, std::to_string(newest));
    MIG_ASSIGN(all, entries(whole));
    return Found{std::move(all), false};
  }
  if (is_settled) return Found{std::move(found), true};
  // What is committed and has to wait for somebody older is newer all the same.
  MIG_ASSIGN(held, held_back(database, after, limit));
  const bool is_held = !held.empty();
  if (found.empty()) held.clear();
  return Found{std::move(found), !is_held, std::move(held)};
}

// What is committed behind a transaction that is still under way.
Result<std::vector<Changelog::Entry>> Changelog::held_back(const Database& database,
                                                           std::int64_t after,
                                                           std::size_t limit) const {
  MIG_ASSIGN(rows, database.prepare(fmt::format(
                       "SELECT xid::text::bigint, {} FROM {} WHERE xid > (?1::text)::xid8 "
                       "AND NOT {} ORDER BY xid, seq LIMIT ?2",
                       key_sql(database), log_, kBegan)));
  rows.bind_text(1, std::to_string(after));
  rows.bind(2, static_cast<std::int64_t>(limit) + 1);
  return entries(rows);
}

Result<std::int64_t> Changelog::newest(const Database& database) const {
  if (database.dialect() == Dialect::Postgres) {
    MIG_ASSIGN(rows, database.prepare(
                         fmt::format("SELECT coalesce(max(xid::text::bigint), 0) FROM {}", log_)));
    MIG_TRY(rows.step());
    return rows.integer(0);
  }
  // The sequence outlives the entries that are pruned.
  MIG_ASSIGN(rows, database.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?1"));
  rows.bind_text(1, control_name(kLog, watched_.front().table));
  MIG_ASSIGN(has_row, rows.step());
  return has_row ? rows.integer(0) : 0;
}

Result<Waiting> Changelog::waiting(const Database& database, std::int64_t after) const {
  const std::string name = control_name(kLog, watched_.front().table);
  MIG_ASSIGN(is_there, has_table(database, name));
  if (!is_there) return Waiting{};
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  const auto sql = is_sqlite ? fmt::format(kWaitingInFile, log_) : fmt::format(kWaiting, log_);
  MIG_ASSIGN(rows, database.prepare(sql));
  bind_position(rows, database, std::max<std::int64_t>(after, 0));
  rows.bind_text(2, is_sqlite ? name : log_);
  MIG_ASSIGN(has_row, rows.step());
  if (!has_row || rows.storage_class(0) == StorageClass::Null) return Waiting{};
  Waiting found{.entries = rows.integer(0), .bytes = rows.integer(1)};
  rows.reset();
  return found;
}

Result<bool> Changelog::is_touched(const Database& database, const std::string& key,
                                   std::int64_t after) const {
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  std::string is_key;
  for (std::size_t i = 0; i < watched_.front().key.size(); ++i)
    is_key += fmt::format(" AND k{} {} ?{}{}", i, is_sqlite ? "IS" : "=", i + 2,
                          is_sqlite ? " COLLATE BINARY" : "");
  MIG_ASSIGN(rows, database.prepare(fmt::format("SELECT 1 FROM {} WHERE {} > {}{} LIMIT 1", log_,
                                                position_column(database),
                                                is_sqlite ? "?1" : "(?1::text)::xid8", is_key)));
  bind_position(rows, database, after);
  bind_key(rows, 2, key);
  MIG_ASSIGN(found, rows.step());
  rows.reset();
  return found;
}

Result<void> Changelog::note(const Database& database,
                             const std::vector<std::string>& places) const {
  const std::size_t cells = watched_.front().key.size();
  std::string marks = "?";
  for (std::size_t i = 1; i < cells; ++i)
    marks += ", ?";
  MIG_ASSIGN(row, database.prepare(fmt::format("INSERT INTO {}({}) VALUES({})", log_,
                                               names_of_key(cells), marks)));
  for (const std::string& place : places) {
    bind_key(row, 1, place);
    MIG_TRY(row.run());
  }
  return {};
}

Result<void> Changelog::prune(const Database& database, std::int64_t until) const {
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  MIG_ASSIGN(rows, database.prepare(fmt::format("DELETE FROM {} WHERE {} <= {}", log_,
                                                position_column(database),
                                                is_sqlite ? "?1" : "(?1::text)::xid8")));
  bind_position(rows, database, until);
  return rows.run();
}

}  // namespace mig::runtime
