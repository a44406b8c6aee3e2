#include "runtime/stores/sqlite_change_triggers.hpp"

#include <array>
#include <cassert>
#include <string_view>

#include <fmt/format.h>

#include "runtime/stores/live_schema.hpp"
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

}  // namespace

Result<void> sqlite_watch(const Database& database, const std::string& log,
                          const WatchedTable& watched, const std::string& evicted_into) {
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
    return fmt::format("INSERT INTO {}({}) VALUES({}); ", log, names, cells_of(row));
  };

  // A changed key is two rows: the one that was and the one that is. `1` and `1.0` compare equal.
  std::string is_moved;
  for (const std::string& column : key) {
    is_moved +=
        fmt::format("{}OLD.{} IS NOT NEW.{} COLLATE BINARY OR typeof(OLD.{}) <> typeof(NEW.{})",
                    is_moved.empty() ? "" : " OR ", column, column, column, column);
  }
  const std::string left =
      fmt::format("INSERT INTO {}({}) SELECT {} WHERE {}; ", log, names, cells_of("OLD"), is_moved);

  // Whoever is pushed out is still there when that is asked. Where rows are carried over at once,
  // they are only noted, each once: the statement may leave them alone, again and again.
  const bool waits = evicted_into != log;
  std::string is_new;
  std::string gone;
  if (waits) {
    for (std::size_t i = 0; i < key.size(); ++i)
      is_new += fmt::format("{}e.k{} IS t.{}", i == 0 ? "" : " AND ", i, key[i]);
    is_new = fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS e WHERE {})", evicted_into, is_new);
    gone = fmt::format("INSERT INTO {0}({1}) SELECT {1} FROM {2}; DELETE FROM {2}; ", log, names,
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

Result<void> sqlite_unwatch(const Database& database, const WatchedTable& watched) {
  for (const Trigger& trigger : kTriggers) {
    MIG_ASSIGN(name, quote_identifier(trigger_name(trigger, watched.table)));
    MIG_TRY(database.execute("DROP TRIGGER IF EXISTS " + name));
  }
  return {};
}

Result<void> sqlite_check_watch(const Database& database, const WatchedTable& watched) {
  MIG_ASSIGN(schema, read_schema(database));
  const LiveTable* table = schema.table(watched.table);
  if (table == nullptr) return {};
  if (auto rules = unique_rules(database, *table); !rules)
    return std::unexpected(std::move(rules).error());
  return {};
}

std::string sqlite_log_trigger(std::string_view table) {
  return trigger_name(kAfterInsert, table);
}

Result<void> watch_and_carry(const Database& database, const std::string& log,
                             const std::vector<WatchedTable>& watched, const std::string& carry) {
  const WatchedTable& first = watched.front();
  MIG_ASSIGN(evicted, quote_identifier(evicted_name(first.table)));
  MIG_TRY(database.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {}({})", evicted, names_of_key(first.key.size()))));
  for (const WatchedTable& table : watched)
    MIG_TRY(sqlite_watch(database, log, table, evicted));
  MIG_ASSIGN(name, quote_identifier(carrying_name(first.table)));
  return database.execute(fmt::format("CREATE TRIGGER {} AFTER INSERT ON {} {} BEGIN {}END", name,
                                      log, kNotOurs, carry));
}

Result<void> unwatch_and_carry(const Database& database, const WatchedTable& first) {
  MIG_ASSIGN(carrying, quote_identifier(carrying_name(first.table)));
  MIG_TRY(database.execute("DROP TRIGGER IF EXISTS " + carrying));
  MIG_ASSIGN(evicted, quote_identifier(evicted_name(first.table)));
  return database.execute("DROP TABLE IF EXISTS " + evicted);
}

}  // namespace mig::runtime
