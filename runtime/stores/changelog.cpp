#include "runtime/stores/changelog.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/sqlite_unique_rules.hpp"

namespace mig::runtime {
namespace {

struct Trigger {
  std::string_view name;
  std::string_view when;  // `AFTER INSERT`
};
constexpr Trigger kAfterInsert{"inserted", "AFTER INSERT"};
constexpr Trigger kAfterUpdate{"updated", "AFTER UPDATE"};
constexpr Trigger kAfterDelete{"deleted", "AFTER DELETE"};
constexpr Trigger kBeforeInsert{"evicting_insert", "BEFORE INSERT"};
constexpr Trigger kBeforeUpdate{"evicting_update", "BEFORE UPDATE"};
constexpr std::array kTriggers = {kAfterInsert, kAfterUpdate, kAfterDelete, kBeforeInsert,
                                  kBeforeUpdate};

std::string trigger_name(const Trigger& trigger, std::string_view table) {
  return fmt::format("mig_ctl_log_{}_{}", trigger.name, table);
}

std::string log_name(std::string_view table) {
  return fmt::format("mig_ctl_log_{}", table);
}

std::string evicted_name(std::string_view table) {
  return fmt::format("mig_ctl_evicted_{}", table);
}

std::string carrying_name(std::string_view table) {
  return fmt::format("mig_ctl_carry_{}", table);
}

// A mirror marks its writes as well, so that the other side's guard lets them pass; it is no reason
// to log nothing.
constexpr std::string_view kNotOurs =
    "WHEN NOT EXISTS (SELECT 1 FROM mig_ctl_origin WHERE actor = 'mig')";

std::vector<std::string> columns_of(const plan::Entity& entity,
                                    const std::vector<std::uint32_t>& fields) {
  std::vector<std::string> columns;
  columns.reserve(fields.size());
  for (const std::uint32_t field : fields)
    columns.push_back(entity.fields[field].column);
  return columns;
}

// `k0, k1`
std::string names_of_key(std::size_t size) {
  std::string names;
  for (std::size_t i = 0; i < size; ++i)
    names += fmt::format("{}k{}", i == 0 ? "" : ", ", i);
  return names;
}

}  // namespace

Result<Changelog> Changelog::of(const plan::Plan& plan, plan::DatasetId dataset) {
  Changelog log;
  MIG_ASSIGN(quoted, quote_identifier(log_name(plan.at(dataset).table)));
  log.log_ = quoted;
  const plan::Entity& entity = plan.entity_of(dataset);
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
  MIG_TRY(make_log(database));
  for (const Watched& watched : watched_)
    MIG_TRY(watch(database, watched, log_));
  return {};
}

Result<void> Changelog::install_carrying(const Database& database, const std::string& carry) const {
  MIG_TRY(silence(database));
  MIG_TRY(make_log(database));
  MIG_ASSIGN(evicted, quote_identifier(evicted_name(watched_.front().table)));
  MIG_TRY(database.execute(fmt::format("CREATE TABLE IF NOT EXISTS {}({})", evicted,
                                       names_of_key(watched_.front().key.size()))));
  for (const Watched& watched : watched_)
    MIG_TRY(watch(database, watched, evicted));
  MIG_ASSIGN(name, quote_identifier(carrying_name(watched_.front().table)));
  return database.execute(fmt::format("CREATE TRIGGER {} AFTER INSERT ON {} {} BEGIN {}END", name,
                                      log_, kNotOurs, carry));
}

Result<void> Changelog::check(const Database& database) const {
  MIG_ASSIGN(schema, read_schema(database));
  for (const Watched& watched : watched_) {
    const LiveTable* table = schema.table(watched.table);
    if (table == nullptr) continue;
    if (auto rules = unique_rules(database, *table); !rules)
      return std::unexpected(std::move(rules).error());
  }
  return {};
}

Result<void> Changelog::make_log(const Database& database) const {
  return database.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {}(seq INTEGER PRIMARY KEY AUTOINCREMENT, {})", log_,
                  names_of_key(watched_.front().key.size())));
}

Result<void> Changelog::watch(const Database& database, const Watched& watched,
                              const std::string& evicted_into) const {
  MIG_ASSIGN(schema, read_schema(database));
  const LiveTable* table = schema.table(watched.table);
  assert(table != nullptr && "a table is looked at before it is followed");
  MIG_ASSIGN(quoted, quote_identifier(watched.table));
  std::vector<std::string> key;  // quoted
  for (const std::string& column : watched.key) {
    MIG_ASSIGN(name, quote_identifier(column));
    key.push_back(name);
  }
  const std::string names = names_of_key(key.size());
  const auto cells_of = [&](std::string_view row) {
    std::string cells;
    for (const std::string& column : key)
      cells += fmt::format("{}{}.{}", cells.empty() ? "" : ", ", row, column);
    return cells;
  };
  const auto logs = [&](std::string_view row) {
    return fmt::format("INSERT INTO {}({}) VALUES({}); ", log_, names, cells_of(row));
  };

  // A changed key is two rows: the one that was and the one that is. `1` and `1.0` compare equal.
  std::string is_moved;
  for (const std::string& column : key) {
    is_moved +=
        fmt::format("{}OLD.{} IS NOT NEW.{} COLLATE BINARY OR typeof(OLD.{}) <> typeof(NEW.{})",
                    is_moved.empty() ? "" : " OR ", column, column, column, column);
  }
  const std::string left = fmt::format("INSERT INTO {}({}) SELECT {} WHERE {}; ", log_, names,
                                       cells_of("OLD"), is_moved);

  // Whoever is pushed out is still there when that is asked. Where rows are carried over at once,
  // they are only noted, each once: the statement may leave them alone, again and again.
  const bool waits = evicted_into != log_;
  std::string is_new;
  std::string gone;
  if (waits) {
    for (std::size_t i = 0; i < key.size(); ++i)
      is_new += fmt::format("{}e.k{} IS t.{}", i == 0 ? "" : " AND ", i, key[i]);
    is_new = fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS e WHERE {})", evicted_into, is_new);
    gone = fmt::format("INSERT INTO {0}({1}) SELECT {1} FROM {2}; DELETE FROM {2}; ", log_, names,
                       evicted_into);
  }
  std::string evicted;
  const auto guard = [&](const std::string& condition) {
    evicted += fmt::format("INSERT INTO {}({}) SELECT {} FROM {} AS t WHERE {}{}; ", evicted_into,
                           names, cells_of("t"), quoted, condition, is_new);
  };
  MIG_ASSIGN(rules, unique_rules(database, *table));
  for (const UniqueRule& rule : rules) {
    std::string condition;
    for (const UniqueColumn& column : rule.columns) {
      MIG_ASSIGN(name, quote_identifier(column.name));
      MIG_ASSIGN(collation, quote_identifier(column.collation));
      const std::string value =
          column.instead_of_null.empty()
              ? "NEW." + name
              : fmt::format("coalesce(NEW.{}, ({}))", name, column.instead_of_null);
      condition += fmt::format("{}t.{} = {} COLLATE {}", condition.empty() ? "" : " AND ", name,
                               value, collation);
    }
    guard(condition);
  }
  const std::string alias = row_id_alias(*table, rules);
  const bool is_key = watched.key.size() == 1 && is_same_name(watched.key.front(), alias);
  MIG_ASSIGN(row_id, row_id_name(database, *table));
  if (!row_id.empty() && !is_key) guard(fmt::format("t.{} = NEW.{}", row_id, row_id));

  const auto add = [&](const Trigger& trigger, const std::string& body) -> Result<void> {
    if (body.empty()) return {};
    MIG_ASSIGN(name, quote_identifier(trigger_name(trigger, watched.table)));
    return database.execute(fmt::format("CREATE TRIGGER IF NOT EXISTS {} {} ON {} {} BEGIN {}END",
                                        name, trigger.when, quoted, kNotOurs, body));
  };
  MIG_TRY(add(kAfterInsert, gone + logs("NEW")));
  MIG_TRY(add(kAfterUpdate, gone + left + logs("NEW")));
  MIG_TRY(add(kAfterDelete, gone + logs("OLD")));
  MIG_TRY(add(kBeforeInsert, evicted));
  return add(kBeforeUpdate, evicted);
}

Result<void> Changelog::silence(const Database& database) const {
  for (const Watched& watched : watched_) {
    for (const Trigger& trigger : kTriggers) {
      MIG_ASSIGN(name, quote_identifier(trigger_name(trigger, watched.table)));
      MIG_TRY(database.execute("DROP TRIGGER IF EXISTS " + name));
    }
  }
  MIG_ASSIGN(carrying, quote_identifier(carrying_name(watched_.front().table)));
  MIG_TRY(database.execute("DROP TRIGGER IF EXISTS " + carrying));
  MIG_ASSIGN(evicted, quote_identifier(evicted_name(watched_.front().table)));
  return database.execute("DROP TABLE IF EXISTS " + evicted);
}

Result<void> Changelog::remove(const Database& database) const {
  MIG_TRY(silence(database));
  return database.execute("DROP TABLE IF EXISTS " + log_);
}

Result<bool> Changelog::is_installed(const Database& database) const {
  MIG_ASSIGN(rows, database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND "
                                    "name = ? COLLATE NOCASE"));
  rows.bind_text(1, trigger_name(kAfterInsert, watched_.front().table));
  return rows.step();
}

Result<Touched> Changelog::read(const Database& database, std::int64_t after,
                                std::size_t limit) const {
  MIG_ASSIGN(rows, database.prepare(
                       fmt::format("SELECT seq, {} FROM {} WHERE seq > ? ORDER BY seq LIMIT ?",
                                   names_of_key(watched_.front().key.size()), log_)));
  rows.bind(1, after);
  rows.bind(2, static_cast<std::int64_t>(limit));
  const int cells = static_cast<int>(watched_.front().key.size());
  Touched touched{.until = after};
  std::unordered_set<std::string> seen;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) break;
    touched.until = rows.integer(0);
    ++touched.entries;
    std::string key = place_of(rows, 1, cells);
    if (seen.insert(key).second) touched.keys.push_back(std::move(key));
  }
  touched.is_last = static_cast<std::size_t>(touched.entries) < limit;
  return touched;
}

Result<std::int64_t> Changelog::newest(const Database& database) const {
  // The sequence outlives the entries that are pruned.
  MIG_ASSIGN(rows, database.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?"));
  rows.bind_text(1, log_name(watched_.front().table));
  MIG_ASSIGN(has_row, rows.step());
  return has_row ? rows.integer(0) : 0;
}

Result<bool> Changelog::is_touched(const Database& database, const std::string& key,
                                   std::int64_t after) const {
  std::string is_key;
  for (std::size_t i = 0; i < watched_.front().key.size(); ++i)
    is_key += fmt::format(" AND k{} IS ? COLLATE BINARY", i);
  MIG_ASSIGN(rows, database.prepare(
                       fmt::format("SELECT 1 FROM {} WHERE seq > ?{} LIMIT 1", log_, is_key)));
  rows.bind(1, after);
  bind_key(rows, 2, key);
  return rows.step();
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
  MIG_ASSIGN(rows, database.prepare(fmt::format("DELETE FROM {} WHERE seq <= ?", log_)));
  rows.bind(1, until);
  return rows.run();
}

}  // namespace mig::runtime
