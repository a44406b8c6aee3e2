#include "runtime/stores/postgres_keyset.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/clock.hpp"
#include "runtime/stores/postgres_copy.hpp"
#include "runtime/stores/row_count.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kPlacesAtOnce = 500;
constexpr Duration kLongestCount = std::chrono::seconds(2);

std::vector<std::uint32_t> all_fields(const plan::Entity& entity) {
  std::vector<std::uint32_t> fields(entity.fields.size());
  std::iota(fields.begin(), fields.end(), 0U);
  return fields;
}

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// What a statement on the way may not hold for longer than the next one: the tuples up to the one
// that goes beyond so many bytes.
struct Tuples {
  std::vector<std::string> all;
  std::size_t bytes = 0;
};

Result<Tuples> tuples_of(const Database& database, const std::string& query,
                         std::size_t most_bytes) {
  MIG_ASSIGN(rows,
             CopyOut::begin(database, fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", query)));
  Tuples tuples;
  std::string_view tuple;
  while (tuples.bytes < most_bytes) {
    MIG_ASSIGN(has_row, rows.next(tuple));
    if (!has_row) break;
    tuples.all.emplace_back(tuple);
    tuples.bytes += tuple.size();
  }
  return tuples;
}

// Texts by their bytes, whatever the database sorts them by.
std::string in_order(const PostgresRowsShape& shape, const std::vector<std::uint32_t>& fields) {
  std::string sql;
  for (const std::uint32_t field : fields) {
    const Wire wire = shape.types[field].wire;
    const bool is_text = wire == Wire::Text || wire == Wire::Char;
    sql += fmt::format("{}{}{}", sql.empty() ? "" : ", ", shape.columns[field],
                       is_text ? " COLLATE \"C\"" : "");
  }
  return sql;
}

}  // namespace

Result<PostgresRows> PostgresRows::open(const Database& database, const plan::Plan& plan,
                                        plan::DatasetId dataset) {
  MIG_ASSIGN(shape, PostgresRowsShape::of(database, plan, dataset));
  PostgresRows rows(database, std::move(shape));
  for (const plan::Field& field : rows.shape_.entity.fields)
    rows.types_.push_back(field.type);
  return rows;
}

Result<PostgresRows> PostgresRows::open(const Database& database, const plan::Plan& plan,
                                        const plan::Lane& lane) {
  MIG_ASSIGN(rows, open(database, plan, lane.source));
  rows.types_.clear();
  for (const plan::Field& field : plan::input_row(plan, lane.transform).fields)
    rows.types_.push_back(field.type);
  std::size_t first = rows.shape_.entity.fields.size();
  for (std::size_t i = 0; i < lane.companions.size(); ++i) {
    const plan::Companion& companion = lane.transform.companions[i];
    MIG_ASSIGN(shape, PostgresRowsShape::of(database, plan, lane.companions[i]));
    rows.companions_.push_back({std::move(shape), companion.by, companion.is_list, first, {}});
    first += plan::input_width(plan, companion);
  }
  return std::move(rows);
}

Result<void> PostgresRows::read(const std::string& after, const std::string& until,
                                std::size_t limit, Page& page) {
  page.begin(types_);
  const std::size_t asked = limit_.rows(limit);
  MIG_ASSIGN(are_all, add(shape_.page(after, until, asked), most_bytes(limit), page));
  page.is_last = are_all && static_cast<std::size_t>(page.read) < asked;
  limit_.note(page.read, page.rows.byte_count());
  return {};
}

std::string PostgresRows::where_places(const std::vector<std::string>& places) const {
  const auto key = shape_.entity.key();
  const std::string columns = shape_.list(key);
  std::vector<std::string> literals;
  literals.reserve(places.size());
  for (const std::string& place : places)
    literals.push_back(shape_.literal(place, key));
  return fmt::format("{} IN ({})", key.size() == 1 ? columns : fmt::format("({})", columns),
                     fmt::join(literals, ", "));
}

Result<void> PostgresRows::read_each(const std::vector<std::string>& places, Page& page,
                                     std::vector<std::string>& gone) {
  page.begin(types_);
  gone.clear();
  std::unordered_map<std::string, bool> is_there;
  for (std::size_t from = 0; from < places.size(); from += kPlacesAtOnce) {
    const auto begin = places.begin() + static_cast<std::ptrdiff_t>(from);
    const std::vector<std::string> some(
        begin, begin + static_cast<std::ptrdiff_t>(std::min(kPlacesAtOnce, places.size() - from)));
    MIG_TRY(
        add(fmt::format("SELECT {} FROM {} AS t WHERE {}", shape_.list(all_fields(shape_.entity)),
                        shape_.table, where_places(some)),
            kNoLimit, page));
  }
  for (std::size_t row = 0; row < page.rows.rows; ++row)
    is_there[page.keys[row]] = true;
  for (const BadRow& bad : page.bad)
    is_there[bad.key] = true;
  for (const std::string& place : places) {
    if (!is_there.contains(place)) gone.push_back(place);
  }
  return {};
}

Result<bool> PostgresRows::add(const std::string& query, std::size_t most_bytes, Page& page) {
  if (!companions_.empty()) {
    MIG_ASSIGN(tuples, tuples_of(*database_, query, most_bytes));
    MIG_TRY(append_with_companions(tuples.all, page));
    return tuples.bytes < most_bytes;
  }
  MIG_ASSIGN(rows,
             CopyOut::begin(*database_, fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", query)));
  std::string_view tuple;
  std::size_t bytes = 0;
  while (bytes < most_bytes) {
    MIG_ASSIGN(has_row, rows.next(tuple));
    if (!has_row) return true;
    MIG_TRY(append(tuple, page));
    bytes += tuple.size();
  }
  return false;
}

Result<void> PostgresRows::append(std::string_view tuple, Page& page) {
  std::vector<CopyField> cells(shape_.columns.size());
  MIG_TRY(first_fields(tuple, cells));
  ++page.read;
  std::optional<PostgresFlaw> flaw;
  for (std::size_t i = 0; i < cells.size() && !flaw; ++i)
    flaw = shape_.append(i, cells[i], page.rows.columns[i]);
  if (!flaw && companions_.empty()) {
    std::string place = written_key(shape_.entity, page.rows, page.rows.rows);
    page.keys.append(place);
    page.last = std::move(place);
    ++page.rows.rows;
    return {};
  }
  const auto key = shape_.entity.key();
  std::vector<CopyField> key_cells;
  for (const std::uint32_t field : key)
    key_cells.push_back(cells[field]);
  MIG_ASSIGN(place, shape_.place(key_cells, key));
  for (Companion& companion : companions_) {
    if (!flaw) flaw = append(companion, place, page);
  }
  page.last = place;
  if (flaw) {
    page.rows.drop_unfinished();
    page.bad.push_back({place, std::move(flaw->field), std::move(flaw->reason)});
    return {};
  }
  page.keys.append(place);
  ++page.rows.rows;
  return {};
}

Result<void> PostgresRows::append_with_companions(const std::vector<std::string>& tuples,
                                                  Page& page) {
  const auto key = shape_.entity.key();
  std::vector<std::string> places;
  std::vector<CopyField> cells(shape_.columns.size());
  for (const std::string& tuple : tuples) {
    MIG_TRY(first_fields(tuple, cells));
    std::vector<CopyField> key_cells;
    for (const std::uint32_t field : key)
      key_cells.push_back(cells[field]);
    MIG_ASSIGN(place, shape_.place(key_cells, key));
    places.push_back(place);
  }
  for (Companion& companion : companions_)
    MIG_TRY(find(companion, places));
  for (const std::string& tuple : tuples)
    MIG_TRY(append(tuple, page));
  return {};
}

Result<void> PostgresRows::find(Companion& companion,
                                const std::vector<std::string>& places) const {
  companion.found.clear();
  const PostgresRowsShape& shape = companion.shape;
  const std::string by = shape.list(companion.by);
  const std::string left = companion.by.size() == 1 ? by : fmt::format("({})", by);
  std::vector<CopyField> cells(companion.by.size());
  for (std::size_t from = 0; from < places.size(); from += kPlacesAtOnce) {
    std::vector<std::string> literals;
    for (std::size_t i = from; i < std::min(places.size(), from + kPlacesAtOnce); ++i)
      literals.push_back(shape.literal(places[i], companion.by));
    MIG_ASSIGN(
        tuples,
        tuples_of(*database_,
                  fmt::format("SELECT {}, {} FROM {} AS t WHERE {} IN ({}) ORDER BY {}", by,
                              shape.list(all_fields(shape.entity)), shape.table, left,
                              fmt::join(literals, ", "), in_order(shape, shape.entity.key())),
                  kNoLimit));
    for (std::string& tuple : tuples.all) {
      MIG_TRY(first_fields(tuple, cells));
      MIG_ASSIGN(place, shape.place(cells, companion.by));
      companion.found[place].push_back(std::move(tuple));
    }
  }
  return {};
}

std::optional<PostgresFlaw> PostgresRows::append(Companion& companion, const std::string& place,
                                                 Page& page) const {
  const PostgresRowsShape& shape = companion.shape;
  const auto found = companion.found.find(place);
  const std::size_t count = found == companion.found.end() ? 0 : found->second.size();
  if (count > 1 && !companion.is_list)
    return PostgresFlaw{shape.entity.name, "two rows belong to it, and one is wanted"};
  const auto column = [&](std::size_t field) -> Column& {
    return companion.is_list ? page.rows.columns[companion.first + field].element()
                             : page.rows.columns[companion.first + 1 + field];
  };
  std::vector<CopyField> cells(companion.by.size() + shape.columns.size());
  for (std::size_t row = 0; row < count; ++row) {
    if (!first_fields(found->second[row], cells))
      return PostgresFlaw{shape.entity.name, "the server sent a row that is cut off"};
    for (std::size_t field = 0; field < shape.columns.size(); ++field) {
      const CopyField& cell = cells[companion.by.size() + field];
      const plan::Field& declared = shape.entity.fields[field];
      // The column may hold nothing only where the row is not there.
      if (!cell && !declared.type.optional && !declared.fallback)
        return PostgresFlaw{shape.entity.name + "." + declared.name, "NULL is no value of it"};
      if (auto flaw = shape.append(field, cell, column(field)))
        return PostgresFlaw{shape.entity.name + "." + flaw->field, std::move(flaw->reason)};
    }
  }
  if (companion.is_list) {
    for (std::size_t field = 0; field < shape.columns.size(); ++field)
      page.rows.columns[companion.first + field].append_list();
    return std::nullopt;
  }
  page.rows.columns[companion.first].append_integer(count > 0 ? 1 : 0);
  for (std::size_t field = 0; count == 0 && field < shape.columns.size(); ++field)
    column(field).append_null();
  return std::nullopt;
}

Result<std::int64_t> PostgresRows::count() const {
  MIG_ASSIGN(rows, database_->prepare("SELECT count(*) FROM " + shape_.table));
  MIG_TRY(rows.step());
  return rows.integer(0);
}

Result<std::string> PostgresRows::last_key() const {
  const auto key = shape_.entity.key();
  std::string order;
  for (const std::uint32_t field : key)
    order += fmt::format("{}{} DESC", order.empty() ? "" : ", ", shape_.columns[field]);
  MIG_ASSIGN(tuples, tuples_of(*database_,
                               fmt::format("SELECT {} FROM {} AS t ORDER BY {} LIMIT 1",
                                           shape_.list(key), shape_.table, order),
                               kNoLimit));
  if (tuples.all.empty()) return std::string();
  std::vector<CopyField> cells(key.size());
  MIG_TRY(first_fields(tuples.all.front(), cells));
  return shape_.place(cells, key);
}

Result<std::int64_t> PostgresRows::about() const {
  MIG_ASSIGN(counted, count_rows(*database_, shape_.table, SystemClock(), kLongestCount));
  return counted.rows.value_or(0);
}

Result<std::int64_t> PostgresRows::count_without_key() const {
  std::string condition;
  for (const std::uint32_t field : shape_.entity.key()) {
    if (shape_.required[field]) continue;
    condition +=
        fmt::format("{}{} IS NULL", condition.empty() ? "" : " OR ", shape_.columns[field]);
  }
  if (condition.empty()) return 0;
  MIG_ASSIGN(rows, database_->prepare(fmt::format("SELECT count(*) FROM {} AS t WHERE {}",
                                                  shape_.table, condition)));
  MIG_TRY(rows.step());
  return rows.integer(0);
}

}  // namespace mig::runtime
