#include "runtime/stores/postgres_rows_shape.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/data/plan_value.hpp"
#include "runtime/stores/places.hpp"
#include "runtime/stores/postgres_types.hpp"
#include "runtime/stores/sql_text.hpp"

namespace mig::runtime {
namespace {

std::string cell_sql(const SqlCell& cell, const plan::Type& type) {
  switch (cell.storage) {
    case StorageClass::Null:
      return "NULL";
    case StorageClass::Integer:
      if (type.base == plan::Base::Bool) return cell.integer != 0 ? "true" : "false";
      return std::to_string(cell.integer);
    case StorageClass::Real:
      return fmt::format("{}", cell.real);
    case StorageClass::Text:
      return quote_text(cell.bytes);
    case StorageClass::Blob:
      return quote_bytea(cell.bytes);
  }
  assert(false && "every class of a cell has its form");
  return "NULL";
}

}  // namespace

Result<PostgresRowsShape> PostgresRowsShape::of(const Database& database, const plan::Plan& plan,
                                                plan::DatasetId dataset) {
  PostgresRowsShape shape{.entity = plan.entity_of(dataset), .name = plan.at(dataset).table};
  MIG_ASSIGN(quoted, quote_identifier(shape.name));
  shape.table = quoted;
  MIG_ASSIGN(live, postgres_columns(database, shape.name));
  if (live.empty()) {
    return fail(ErrorKind::Permanent,
                fmt::format("`{}` has no table `{}`", database.shown_place(), shape.name),
                "compare the plan with the store by `mig preview`");
  }
  for (const plan::Field& field : shape.entity.fields) {
    const auto column = std::ranges::find(live, field.column, &PostgresColumn::name);
    if (column == live.end()) {
      return fail(ErrorKind::Permanent,
                  fmt::format("`{}` has no column `{}`", shape.name, field.column),
                  "compare the plan with the store by `mig preview`");
    }
    MIG_ASSIGN(name, quote_identifier(field.column));
    shape.columns.push_back("t." + name);
    shape.types.push_back(column->type);
    shape.required.push_back(column->is_required);
  }
  return shape;
}

std::string PostgresRowsShape::list(const std::vector<std::uint32_t>& fields) const {
  std::string sql;
  for (const std::uint32_t field : fields)
    sql += fmt::format("{}{}", sql.empty() ? "" : ", ", columns[field]);
  return sql;
}

std::string PostgresRowsShape::literal(std::string_view place,
                                       const std::vector<std::uint32_t>& fields) const {
  const auto cells = cells_of(place);
  assert(cells.size() == fields.size());
  std::string sql;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    sql += i == 0 ? "" : ", ";
    sql += cell_sql(cells[i].cell, entity.fields[fields[i]].type);
  }
  return cells.size() == 1 ? sql : fmt::format("({})", sql);
}

std::string PostgresRowsShape::between(const std::string& after, const std::string& until) const {
  const auto key = entity.key();
  const std::string key_columns = list(key);
  const std::string left = key.size() == 1 ? key_columns : fmt::format("({})", key_columns);
  std::string where;
  if (!after.empty()) where = fmt::format(" WHERE {} > {}", left, literal(after, key));
  if (!until.empty()) {
    where +=
        fmt::format("{} {} <= {}", where.empty() ? " WHERE" : " AND", left, literal(until, key));
  }
  return where;
}

std::string PostgresRowsShape::page(const std::string& after, const std::string& until,
                                    std::size_t limit) const {
  return fmt::format("SELECT {} FROM {} AS t{} ORDER BY {} LIMIT {}", fmt::join(columns, ", "),
                     table, between(after, until), list(entity.key()), limit);
}

std::string PostgresRowsShape::quantiles(const std::string& after, const std::string& until,
                                         std::size_t parts, double percent) const {
  const std::string keys = list(entity.key());
  return fmt::format(
      "SELECT {0} FROM (SELECT {0}, row_number() OVER (ORDER BY {0}) AS mig_row, count(*) OVER () "
      "AS mig_rows FROM {1} AS t TABLESAMPLE SYSTEM ({2}) REPEATABLE (1){3}) AS t "
      "WHERE mig_row % greatest(mig_rows / {4}, 1) = 0 ORDER BY mig_row LIMIT {5}",
      keys, table, percent, between(after, until), parts, parts - 1);
}

std::optional<PostgresFlaw> PostgresRowsShape::append(std::size_t field, const CopyField& cell,
                                                      Column& into) const {
  const plan::Field& declared = entity.fields[field];
  if (!cell && declared.fallback && !declared.type.optional) {
    [[maybe_unused]] const bool fits = append_value(into, *declared.fallback);
    assert(fits && "a default is a value of its field");
    return std::nullopt;
  }
  if (auto reject = read_field(types[field], cell, into))
    return PostgresFlaw{declared.name, std::move(reject->reason)};
  return std::nullopt;
}

Result<std::string> PostgresRowsShape::place(std::span<const CopyField> cells,
                                             const std::vector<std::uint32_t>& fields) const {
  assert(cells.size() == fields.size());
  std::string place;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    Column one(entity.fields[fields[i]].type);
    if (const auto reject = read_field(types[fields[i]], cells[i], one)) {
      return fail(ErrorKind::Permanent,
                  fmt::format("`{}` has a key that is no `{}`: {}", name,
                              print(entity.fields[fields[i]].type), reject->reason),
                  fmt::format("give `{}` a type that holds every key of the table",
                              entity.fields[fields[i]].name));
    }
    append_key_cell(place, one, 0);
  }
  return place;
}

Result<void> read_by_key(const Database& database) {
  return database.execute(
      "SET enable_sort = off; SET enable_seqscan = off; SET enable_bitmapscan = off; "
      "SET max_parallel_workers_per_gather = 0");
}

Result<std::string> PostgresRowsShape::place_of(std::string_view tuple) const {
  const auto key = entity.key();
  std::vector<CopyField> cells(key.back() + 1);
  MIG_TRY(first_fields(tuple, cells));
  std::vector<CopyField> key_cells;
  for (const std::uint32_t field : key)
    key_cells.push_back(cells[field]);
  return place(key_cells, key);
}

}  // namespace mig::runtime
