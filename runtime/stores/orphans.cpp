#include "runtime/stores/orphans.hpp"

#include <cassert>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/places.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kPostgresKeys = R"sql(
SELECT k.oid, k.conname, k.confrelid::regclass::text, own.attname, theirs.attname,
       k.confmatchtype = 'f', has_table_privilege(k.confrelid, 'SELECT')
FROM pg_constraint k
     CROSS JOIN generate_subscripts(k.conkey, 1) part
     JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = k.conkey[part]
     JOIN pg_attribute theirs ON theirs.attrelid = k.confrelid AND theirs.attnum = k.confkey[part]
WHERE k.contype = 'f' AND k.conrelid = quote_ident(?1)::regclass
ORDER BY k.conname, k.oid, part)sql";

constexpr const char* kSqliteKeys =
    "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq";

Result<std::vector<ForeignKey>> postgres_keys(const Database& database, const std::string& table) {
  std::vector<ForeignKey> keys;
  MIG_ASSIGN(rows, database.prepare(kPostgresKeys));
  rows.bind_text(1, table);
  std::optional<std::int64_t> last;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return keys;
    if (last != rows.integer(0)) {
      keys.push_back({.name = std::string(rows.text(1)),
                      .parent = std::string(rows.text(2)),
                      .is_whole = rows.integer(5) != 0,
                      .is_readable = rows.integer(6) != 0});
    }
    last = rows.integer(0);
    keys.back().columns.emplace_back(rows.text(3));
    keys.back().parent_columns.emplace_back(rows.text(4));
  }
}

Result<std::vector<std::string>> primary_key_of(const Database& database,
                                                const std::string& table) {
  std::vector<std::string> columns;
  MIG_ASSIGN(rows,
             database.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk"));
  rows.bind_text(1, table);
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return columns;
    columns.emplace_back(rows.text(0));
  }
}

// A key that names no columns refers to the primary key.
Result<void> complete(const Database& database, const std::string& table, ForeignKey& key) {
  key.name = fmt::format("{} -> {}", fmt::join(key.columns, ", "), key.parent);
  MIG_ASSIGN(schema, read_schema(database));
  const LiveTable* parent = schema.table(key.parent);
  if (parent == nullptr) {
    key.parent_columns.clear();
    return {};
  }
  if (key.parent_columns.empty()) {
    MIG_ASSIGN(primary, primary_key_of(database, key.parent));
    key.parent_columns = std::move(primary);
  }
  bool fits = key.parent_columns.size() == key.columns.size();
  for (const std::string& column : key.parent_columns)
    fits = fits && parent->column(column) != nullptr;
  MIG_ASSIGN(quoted, quote_identifier(key.parent));
  key.parent = quoted;
  if (fits) return {};
  return fail(ErrorKind::Permanent,
              fmt::format("the foreign key `{}` of `{}` does not fit the table that it refers to",
                          key.name, table),
              "declare it anew, or drop it");
}

Result<std::vector<ForeignKey>> sqlite_keys(const Database& database, const std::string& table) {
  std::vector<ForeignKey> keys;
  MIG_ASSIGN(rows, database.prepare(kSqliteKeys));
  rows.bind_text(1, table);
  std::optional<std::int64_t> last;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) break;
    if (last != rows.integer(0)) keys.push_back({.parent = std::string(rows.text(1))});
    last = rows.integer(0);
    keys.back().columns.emplace_back(rows.text(2));
    const bool is_named = rows.storage_class(3) == StorageClass::Text;
    if (is_named) keys.back().parent_columns.emplace_back(rows.text(3));
  }
  for (ForeignKey& key : keys)
    MIG_TRY(complete(database, table, key));
  return keys;
}

Result<std::vector<std::string>> quoted_columns(const std::vector<std::string>& columns,
                                                std::string_view row) {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) {
    MIG_ASSIGN(name, quote_identifier(column));
    quoted.push_back(fmt::format("{}.{}", row, name));
  }
  return quoted;
}

// That a row `t` refers to something, and that it is not there.
Result<std::string> orphan_condition(const ForeignKey& key) {
  MIG_ASSIGN(own, quoted_columns(key.columns, "t"));
  MIG_ASSIGN(theirs, quoted_columns(key.parent_columns, "p"));
  std::string all_null;
  std::string any_null;
  for (const std::string& column : own) {
    all_null += fmt::format("{}{} IS NULL", all_null.empty() ? "" : " AND ", column);
    any_null += fmt::format("{}{} IS NULL", any_null.empty() ? "" : " OR ", column);
  }
  const std::string refers = fmt::format("NOT ({})", key.is_whole ? all_null : any_null);
  if (theirs.empty()) return refers;
  // The referred table's column is on the left: its way to compare is the one that counts.
  std::string equal;
  for (std::size_t i = 0; i < own.size(); ++i)
    equal += fmt::format("{}{} = {}", equal.empty() ? "" : " AND ", theirs[i], own[i]);
  return fmt::format("{} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})", refers, key.parent,
                     equal);
}

std::string place_in(const Statement& row, int first, std::size_t cells) {
  std::string place;
  for (std::size_t i = 0; i < cells; ++i)
    append_cell(place, cell_at(row, first + static_cast<int>(i)));
  return place;
}

// What a row refers to, for people.
std::string shown_values(const Statement& row, int first, std::size_t cells) {
  std::string shown;
  for (std::size_t i = 0; i < cells; ++i) {
    const int column = first + static_cast<int>(i);
    const bool is_null = row.storage_class(column) == StorageClass::Null;
    shown += fmt::format("{}{}", i == 0 ? "" : ", ",
                         is_null ? "NULL" : shown_key(place_in(row, column, 1)));
  }
  return shown;
}

}  // namespace

Result<std::vector<ForeignKey>> foreign_keys_of(const Database& database,
                                                const std::string& table) {
  return database.dialect() == Dialect::Postgres ? postgres_keys(database, table)
                                                 : sqlite_keys(database, table);
}

Result<OrphanReader> OrphanReader::open(const Database& database, const plan::Plan& plan,
                                        plan::DatasetId dataset, ForeignKey key) {
  assert(key.is_readable && "what may not be read is no foreign key to look along");
  const bool is_postgres = database.dialect() == Dialect::Postgres;
  const std::string& name = plan.at(dataset).table;
  OrphanReader reader(database, dataset, std::move(key));
  MIG_ASSIGN(table, quote_identifier(name));
  reader.table_ = table + " AS t";
  const plan::Entity& entity = plan.entity_of(dataset);
  for (const std::uint32_t position : entity.key()) {
    const plan::Field& field = entity.fields[position];
    MIG_ASSIGN(quoted, quote_identifier(field.column));
    std::string column = "t." + quoted;
    reader.cells_.push_back(place_sql(database.dialect(), field.type, column));
    if (!is_postgres) {
      MIG_ASSIGN(collation, database.collation(name, field.column));
      if (!is_same_name(collation, "BINARY")) column += " COLLATE BINARY";
    }
    reader.order_.push_back(std::move(column));
  }
  MIG_ASSIGN(at, at_place_sql(database.dialect(), entity));
  reader.at_place_ = at;
  MIG_ASSIGN(values, quoted_columns(reader.key_.columns, "t"));
  for (const std::string& value : values)
    reader.values_ += (reader.values_.empty() ? "" : ", ") + value + (is_postgres ? "::text" : "");
  MIG_ASSIGN(condition, orphan_condition(reader.key_));
  reader.is_orphan_ = condition;
  return reader;
}

std::string OrphanReader::bound(const char* comparison, int parameter) const {
  std::vector<std::string> marks;
  for (std::size_t i = 0; i < order_.size(); ++i)
    marks.push_back(fmt::format("?{}", parameter + static_cast<int>(i)));
  return fmt::format("({}) {} ({})", fmt::join(order_, ", "), comparison, fmt::join(marks, ", "));
}

// Where the part ends; empty where no more than `limit` rows are left.
Result<std::string> OrphanReader::place_behind(const std::string& after, std::size_t limit) const {
  MIG_ASSIGN(
      rows,
      database_->prepare(fmt::format(
          "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT 1 OFFSET {}", fmt::join(cells_, ", "),
          table_, after.empty() ? fmt::format("{} IS NOT NULL", order_.front()) : bound(">", 1),
          fmt::join(order_, ", "), limit - 1)));
  if (!after.empty()) bind_key(rows, 1, after);
  MIG_ASSIGN(has_row, rows.step());
  return has_row ? place_in(rows, 0, cells_.size()) : std::string();
}

Result<OrphanReader::Part> OrphanReader::read(const std::string& after, std::size_t limit) const {
  Part part;
  MIG_ASSIGN(last, place_behind(after, limit));
  part.is_last = last.empty();
  part.last = last;
  const int width = static_cast<int>(order_.size());
  std::string where = is_orphan_;
  if (!after.empty()) where += " AND " + bound(">", 1);
  if (!last.empty()) where += " AND " + bound("<=", after.empty() ? 1 : 1 + width);
  MIG_ASSIGN(rows, database_->prepare(fmt::format("SELECT {}, {} FROM {} WHERE {} ORDER BY {}",
                                                  fmt::join(cells_, ", "), values_, table_, where,
                                                  fmt::join(order_, ", "))));
  if (!after.empty()) bind_key(rows, 1, after);
  if (!last.empty()) bind_key(rows, after.empty() ? 1 : 1 + width, last);
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return part;
    const std::string place = place_in(rows, 0, cells_.size());
    part.orphans.push_back({dataset_, shown_key(place), place, key_.name,
                            shown_values(rows, width, key_.columns.size())});
  }
}

Result<bool> OrphanReader::is_orphan(const std::string& place) const {
  MIG_ASSIGN(rows, database_->prepare(fmt::format("SELECT 1 FROM {} WHERE {} AND {}", table_,
                                                  at_place_, is_orphan_)));
  bind_key(rows, 1, place);
  return rows.step();
}

}  // namespace mig::runtime
