#include "runtime/stores/sqlite_keyset.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

#include <fmt/format.h>

#include "runtime/data/plan_value.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/page_limit.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

std::string marks(std::size_t count) {
  std::string text = "?";
  for (std::size_t i = 1; i < count; ++i)
    text += ", ?";
  return text;
}

}  // namespace

std::string place_of(const Statement& row, int first_column, int cells) {
  std::string place;
  for (int i = 0; i < cells; ++i)
    append_cell(place, cell_of(row, first_column + i));
  return place;
}

Result<SqliteRows> SqliteRows::open(const Database& database, const plan::Plan& plan,
                                    plan::DatasetId dataset) {
  const std::string& table = plan.at(dataset).table;
  SqliteRows reader(database);
  reader.entity_ = plan.entity_of(dataset);
  MIG_ASSIGN(quoted, quote_identifier(table));
  reader.table_ = quoted;
  MIG_ASSIGN(schema, read_schema(database));
  const LiveTable* live = schema.table(table);
  if (live == nullptr) {
    return fail(ErrorKind::Permanent,
                fmt::format("`{}` has no table `{}`", database.shown_place(), table),
                "compare the plan with the store by `mig preview`");
  }
  for (const plan::Field& field : reader.entity_.fields) {
    if (live->column(field.column) == nullptr) {
      return fail(ErrorKind::Permanent, fmt::format("`{}` has no column `{}`", table, field.column),
                  "compare the plan with the store by `mig preview`");
    }
    reader.types_.push_back(field.type);
    MIG_ASSIGN(column, quote_identifier(field.column));
    reader.columns_.push_back("t." + column);
    if (!field.key) continue;
    MIG_ASSIGN(collation, database.collation(table, field.column));
    const bool is_binary = is_same_name(collation, "BINARY");
    reader.key_.push_back("t." + column + (is_binary ? "" : " COLLATE BINARY"));
  }
  return reader;
}

Result<SqliteRows> SqliteRows::open(const Database& database, const plan::Plan& plan,
                                    const plan::Lane& lane) {
  MIG_ASSIGN(reader, open(database, plan, lane.source));
  reader.types_.clear();
  for (const plan::Field& field : plan::input_row(plan, lane.transform).fields)
    reader.types_.push_back(field.type);
  std::size_t first = reader.entity_.fields.size();
  for (std::size_t i = 0; i < lane.companions.size(); ++i) {
    const plan::Companion& companion = lane.transform.companions[i];
    MIG_ASSIGN(rows, CompanionReader::open(database, plan, companion, lane.companions[i], first));
    reader.companions_.push_back(std::move(rows));
    first += plan::input_width(plan, companion);
  }
  return std::move(reader);
}

Result<Statement*> SqliteRows::query(bool has_lower, bool has_upper, bool is_point) {
  auto& statement = statements_[(has_lower ? 1 : 0) + (has_upper ? 2 : 0) + (is_point ? 4 : 0)];
  if (statement) return &*statement;
  const std::string key = fmt::format("{}", fmt::join(key_, ", "));
  const std::string bound = key_.size() == 1 ? "?" : fmt::format("({})", marks(key_.size()));
  const std::string left = key_.size() == 1 ? key : fmt::format("({})", key);
  std::string where;
  if (is_point) where = fmt::format(" WHERE {} = {}", left, bound);
  if (has_lower) where = fmt::format(" WHERE {} > {}", left, bound);
  if (has_upper) {
    where += fmt::format("{} {} <= {}", where.empty() ? " WHERE" : " AND", left, bound);
  }
  MIG_ASSIGN(prepared,
             database_->prepare(fmt::format("SELECT {}, {} FROM {} AS t{} ORDER BY {} LIMIT ?", key,
                                            fmt::join(columns_, ", "), table_, where, key)));
  statement.emplace(std::move(prepared));
  return &*statement;
}

Result<void> SqliteRows::read(const std::string& after, const std::string& until, std::size_t limit,
                              Page& page) {
  MIG_ASSIGN(rows, query(!after.empty(), !until.empty(), false));
  const int width = static_cast<int>(key_.size());
  int parameter = 1;
  for (const std::string* bound : {&after, &until}) {
    if (bound->empty()) continue;
    bind_key(*rows, parameter, *bound);
    parameter += width;
  }
  rows->bind(parameter, static_cast<std::int64_t>(limit));
  return fill(*rows, limit, page);
}

Result<void> SqliteRows::read_each(const std::vector<std::string>& places, Page& page,
                                   std::vector<std::string>& gone) {
  MIG_ASSIGN(rows, query(false, false, true));
  page.begin(types_);
  gone.clear();
  for (const std::string& place : places) {
    const std::int64_t before = page.read;
    bind_key(*rows, 1, place);
    rows->bind(static_cast<int>(key_.size()) + 1, std::int64_t{1});
    MIG_TRY(add(*rows, kNoLimit, page));
    if (page.read == before) gone.push_back(place);
  }
  return {};
}

Result<bool> SqliteRows::add(Statement& rows, std::size_t most_bytes, Page& page) {
  std::string key;
  const std::int64_t before = page.read;
  bool are_all = false;
  while (page.rows.byte_count() < most_bytes) {
    MIG_ASSIGN(has_row, rows.step());
    are_all = !has_row;
    if (are_all) break;
    key.clear();
    for (int i = 0; i < static_cast<int>(key_.size()); ++i)
      append_cell(key, cell_of(rows, i));
    ++page.read;
    MIG_TRY(read_row(rows, key, page));
  }
  rows.reset();
  if (page.read > before) page.last = std::move(key);
  return are_all;
}

Result<void> SqliteRows::fill(Statement& rows, std::size_t limit, Page& page) {
  page.begin(types_);
  MIG_ASSIGN(are_all, add(rows, most_bytes(limit), page));
  page.is_last = are_all && static_cast<std::size_t>(page.read) < limit;
  return {};
}

Result<void> SqliteRows::read_row(const Statement& row, const std::string& key, Page& page) {
  const int first = static_cast<int>(key_.size());
  for (std::size_t i = 0; i < entity_.fields.size(); ++i) {
    const plan::Field& field = entity_.fields[i];
    Column& column = page.rows.columns[i];
    const SqlCell cell = cell_of(row, first + static_cast<int>(i));
    if (cell.storage == StorageClass::Null && field.fallback && !field.type.optional) {
      [[maybe_unused]] const bool fits = append_value(column, *field.fallback);
      assert(fits && "a default is a value of its field");
      continue;
    }
    if (const auto reject = read_cell(cell, column)) {
      page.rows.drop_unfinished();
      page.bad.push_back({key, field.name, reject->reason});
      return {};
    }
  }
  for (CompanionReader& companion : companions_) {
    MIG_ASSIGN(flaw, companion.append(key, page.rows));
    if (!flaw) continue;
    page.rows.drop_unfinished();
    page.bad.push_back({key, flaw->field, flaw->reason});
    return {};
  }
  ++page.rows.rows;
  page.keys.append(key);
  return {};
}

Result<SqliteRows::RawPage> SqliteRows::read_raw(const std::string& after,
                                                 const std::string& columns,
                                                 std::size_t limit) const {
  const std::string key = fmt::format("{}", fmt::join(key_, ", "));
  const std::string where =
      after.empty() ? std::string() : fmt::format(" WHERE ({}) > ({})", key, marks(key_.size()));
  MIG_ASSIGN(rows,
             database_->prepare(fmt::format("SELECT {}, {} FROM {} AS t{} ORDER BY {} LIMIT ?", key,
                                            columns, table_, where, key)));
  const int width = static_cast<int>(key_.size());
  if (!after.empty()) bind_key(rows, 1, after);
  rows.bind(after.empty() ? 1 : width + 1, static_cast<std::int64_t>(limit));
  RawPage page{.last = after};
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return page;
    page.last.clear();
    std::string cells;
    for (int i = 0; i < rows.column_count(); ++i)
      append_cell(i < width ? page.last : cells, cell_of(rows, i));
    page.cells.push_back(std::move(cells));
  }
}

Result<std::int64_t> SqliteRows::count() const {
  MIG_ASSIGN(rows, database_->prepare("SELECT count(*) FROM " + table_));
  MIG_TRY(rows.step());
  return rows.integer(0);
}

Result<std::string> SqliteRows::last_key() const {
  MIG_ASSIGN(rows, database_->prepare(fmt::format("SELECT {} FROM {} AS t ORDER BY {} DESC LIMIT 1",
                                                  fmt::join(key_, ", "), table_,
                                                  fmt::join(key_, " DESC, "))));
  MIG_ASSIGN(has_row, rows.step());
  std::string key;
  for (int i = 0; has_row && i < static_cast<int>(key_.size()); ++i)
    append_cell(key, cell_of(rows, i));
  return key;
}

Result<std::int64_t> SqliteRows::count_without_key() const {
  MIG_ASSIGN(rows, database_->prepare(fmt::format("SELECT count(*) FROM {} AS t WHERE {} IS NULL",
                                                  table_, fmt::join(key_, " IS NULL OR "))));
  MIG_TRY(rows.step());
  return rows.integer(0);
}

}  // namespace mig::runtime
