#include "runtime/stores/sqlite_changelog.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/sqlite_schema.hpp"

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

std::vector<std::string> columns_of(const plan::Entity& entity,
                                    const std::vector<std::uint32_t>& fields) {
  std::vector<std::string> columns;
  columns.reserve(fields.size());
  for (const std::uint32_t field : fields)
    columns.push_back(entity.fields[field].column);
  return columns;
}

// A column of a unique rule, and how the rule compares it.
struct UniqueColumn {
  std::string name;
  std::string collation;
};
struct UniqueRule {
  std::string index;
  std::vector<UniqueColumn> columns;
};

// `k0, k1`
std::string names_of_key(std::size_t size) {
  std::string names;
  for (std::size_t i = 0; i < size; ++i)
    names += fmt::format("{}k{}", i == 0 ? "" : ", ", i);
  return names;
}

// Of rules over plain columns. The row id is one too: REPLACE pushes out by it as well.
Result<std::vector<UniqueRule>> unique_rules(const Database& database, const LiveTable& table) {
  std::vector<UniqueRule> rules;
  MIG_ASSIGN(parts,
             database.prepare("SELECT l.name, x.name, x.coll FROM pragma_index_list(?) AS l, "
                              "pragma_index_xinfo(l.name) AS x "
                              "WHERE l.\"unique\" AND x.key ORDER BY l.name, x.seqno"));
  parts.bind_text(1, table.name);
  while (true) {
    MIG_ASSIGN(has_part, parts.step());
    if (!has_part) break;
    const std::string index(parts.text(0));
    const bool is_column = parts.storage_class(1) == StorageClass::Text;
    const LiveColumn* column = is_column ? table.column(parts.text(1)) : nullptr;
    if (column == nullptr || column->is_generated) {
      return fail(
          ErrorKind::Permanent,
          fmt::format("the unique index `{}` of `{}` is over {}: rows that REPLACE pushes "
                      "out of it would go unseen",
                      index, table.name, is_column ? "a generated column" : "an expression"),
          "drop the index while the rows are followed, or stop the writers and move them "
          "with `writes none`");
    }
    if (rules.empty() || rules.back().index != index) rules.push_back({index, {}});
    rules.back().columns.push_back({column->name, std::string(parts.text(2))});
  }
  return rules;
}

// The name by which SQL reaches the row id; empty where there is none, or where columns hide it.
std::string row_id_name(const LiveTable& table, bool has_row_id) {
  if (!has_row_id) return {};
  for (const std::string_view name : {"rowid", "_rowid_", "oid"}) {
    if (table.column(name) == nullptr) return std::string(name);
  }
  return {};
}

Result<bool> has_row_id(const Database& database, const std::string& table) {
  MIG_ASSIGN(rows, database.prepare("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND "
                                    "name = ? COLLATE NOCASE"));
  rows.bind_text(1, table);
  MIG_ASSIGN(has_row, rows.step());
  return has_row && rows.integer(0) == 0;
}

// The column that is the row id under another name, if one is: an INTEGER PRIMARY KEY without an
// index of its own.
std::string row_id_alias(const LiveTable& table, const std::vector<UniqueRule>& rules) {
  const auto key = table.primary_key();
  if (key.size() != 1) return {};
  const LiveColumn* column = table.column(key.front());
  const bool has_index = std::ranges::any_of(rules, [&](const UniqueRule& rule) {
    return rule.columns.size() == 1 && rule.columns.front().name == column->name;
  });
  if (has_index) return {};
  return is_same_name(column->declared, "INTEGER") ? column->name : std::string();
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
  MIG_TRY(database.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {}(seq INTEGER PRIMARY KEY AUTOINCREMENT, {})", log_,
                  names_of_key(watched_.front().key.size()))));
  for (const Watched& watched : watched_)
    MIG_TRY(watch(database, watched));
  return {};
}

Result<void> Changelog::watch(const Database& database, const Watched& watched) const {
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

  std::string evicted;
  const auto guard = [&](const std::string& condition) {
    evicted += fmt::format("INSERT INTO {}({}) SELECT {} FROM {} AS t WHERE {}; ", log_, names,
                           cells_of("t"), quoted, condition);
  };
  MIG_ASSIGN(rules, unique_rules(database, *table));
  for (const UniqueRule& rule : rules) {
    std::string condition;
    for (const UniqueColumn& column : rule.columns) {
      MIG_ASSIGN(name, quote_identifier(column.name));
      MIG_ASSIGN(collation, quote_identifier(column.collation));
      condition += fmt::format("{}t.{} = NEW.{} COLLATE {}", condition.empty() ? "" : " AND ", name,
                               name, collation);
    }
    guard(condition);
  }
  MIG_ASSIGN(is_row_id_table, has_row_id(database, watched.table));
  const std::string alias = row_id_alias(*table, rules);
  const bool is_key = watched.key.size() == 1 && is_same_name(watched.key.front(), alias);
  const std::string row_id = row_id_name(*table, is_row_id_table);
  if (!row_id.empty() && !is_key) guard(fmt::format("t.{} = NEW.{}", row_id, row_id));

  const auto add = [&](const Trigger& trigger, const std::string& body) -> Result<void> {
    if (body.empty()) return {};
    MIG_ASSIGN(name, quote_identifier(trigger_name(trigger, watched.table)));
    return database.execute(fmt::format(
        "CREATE TRIGGER IF NOT EXISTS {} {} ON {} WHEN NOT EXISTS (SELECT 1 FROM mig_ctl_origin) "
        "BEGIN {}END",
        name, trigger.when, quoted, body));
  };
  MIG_TRY(add(kAfterInsert, logs("NEW")));
  MIG_TRY(add(kAfterUpdate, logs("NEW") + left));
  MIG_TRY(add(kAfterDelete, logs("OLD")));
  MIG_TRY(add(kBeforeInsert, evicted));
  return add(kBeforeUpdate, evicted);
}

Result<void> Changelog::remove(const Database& database) const {
  for (const Watched& watched : watched_) {
    for (const Trigger& trigger : kTriggers) {
      MIG_ASSIGN(name, quote_identifier(trigger_name(trigger, watched.table)));
      MIG_TRY(database.execute("DROP TRIGGER IF EXISTS " + name));
    }
  }
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
