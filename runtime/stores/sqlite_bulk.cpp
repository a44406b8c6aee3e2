#include "runtime/stores/sqlite_bulk.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <fmt/format.h>
#include <sqlite3.h>

#include "runtime/data/decimal.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/data/json_text.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/data/uuid.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

constexpr std::int64_t kExactDouble = std::int64_t{1} << 53;
constexpr const char* kSource = "mig_bulk";
constexpr int kCacheKib = 12 * 1024;

// The path as a URI (https://www.sqlite.org/uri.html), every byte that could mean something in one
// as its hexadecimal escape.
std::string read_only_uri(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char byte : path.string()) {
    const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= '0' && byte <= '9') || byte == '/' || byte == '.' ||
                          byte == '-' || byte == '_';
    if (is_plain) {
      uri += byte;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
  }
  return uri + "?mode=ro";
}

SqlCell cell_of(sqlite3_value* value) {
  SqlCell cell;
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      cell.storage = StorageClass::Integer;
      cell.integer = sqlite3_value_int64(value);
      return cell;
    case SQLITE_FLOAT:
      cell.storage = StorageClass::Real;
      cell.real = sqlite3_value_double(value);
      return cell;
    case SQLITE_NULL:
      return cell;
    default:
      break;
  }
  const bool is_text = sqlite3_value_type(value) == SQLITE_TEXT;
  cell.storage = is_text ? StorageClass::Text : StorageClass::Blob;
  const void* bytes =
      is_text ? static_cast<const void*>(sqlite3_value_text(value)) : sqlite3_value_blob(value);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  cell.bytes =
      size == 0 ? std::string_view() : std::string_view(static_cast<const char*>(bytes), size);
  return cell;
}

bool is_within(std::int64_t value, std::int64_t least, std::int64_t most) {
  return value >= least && value <= most;
}

bool is_fitting_text(std::string_view text, const plan::Type& type) {
  const auto length = count_code_points(text);
  return length && (type.length == 0 || *length <= type.length);
}

// A text that is the one spelling the typed path would write.
bool is_written_text(std::string_view text, const plan::Type& type) {
  switch (type.base) {
    case plan::Base::Text:
      return is_fitting_text(text, type);
    case plan::Base::OneOf:
      return std::ranges::find(type.members, text) != type.members.end();
    case plan::Base::Json:
      return is_json(text);
    case plan::Base::Uuid: {
      const auto bytes = parse_uuid(text);
      return bytes && print_uuid(*bytes) == text;
    }
    case plan::Base::Decimal: {
      const auto value = parse_decimal(text, type.precision, type.scale);
      return value && print_decimal(*value, type.scale) == text;
    }
    case plan::Base::Date: {
      const auto days = parse_date(text);
      return days && print_date(*days) == text;
    }
    case plan::Base::Time: {
      const auto micros = parse_time(text);
      return micros && print_time(*micros) == text;
    }
    case plan::Base::Timestamp: {
      const auto micros = parse_timestamp(text);
      return micros && print_timestamp(*micros) == text;
    }
    default:
      return false;
  }
}

// Whether the cell, as it is, is what the typed path would write for it. Lists are always looked at
// there.
bool is_as_written(const SqlCell& cell, const plan::Type& type) {
  switch (cell.storage) {
    case StorageClass::Null:
      return type.optional;
    case StorageClass::Integer:
      switch (type.base) {
        case plan::Base::Bool:
          return is_within(cell.integer, 0, 1);
        case plan::Base::I16:
          return is_within(cell.integer, INT16_MIN, INT16_MAX);
        case plan::Base::I32:
          return is_within(cell.integer, INT32_MIN, INT32_MAX);
        case plan::Base::I64:
          return true;
        // A REAL column turns it into the very same number.
        case plan::Base::F64:
          return is_within(cell.integer, -kExactDouble, kExactDouble);
        default:
          return false;
      }
    case StorageClass::Real:
      return type.base == plan::Base::F64 && std::isfinite(cell.real);
    case StorageClass::Text:
      return is_written_text(cell.bytes, type);
    case StorageClass::Blob:
      return type.base == plan::Base::Bytes;
  }
  assert(false && "every storage class is decided");
  return false;
}

}  // namespace

struct BulkCopy::Shape {
  std::vector<plan::Type> types;

  // SQLite calls this with the cells of a row: 1 when all of them are as they would be written.
  static void check(sqlite3_context* context, int count, sqlite3_value** values) {
    const auto& shape = *static_cast<const std::shared_ptr<Shape>*>(sqlite3_user_data(context));
    bool fits = static_cast<std::size_t>(count) == shape->types.size();
    for (int i = 0; fits && i < count; ++i) {
      fits = is_as_written(cell_of(values[i]), shape->types[static_cast<std::size_t>(i)]);
    }
    sqlite3_result_int(context, fits ? 1 : 0);
  }
  static void release(void* held) { delete static_cast<std::shared_ptr<Shape>*>(held); }
};

Result<std::optional<BulkCopy>> BulkCopy::open(Stores& stores, const plan::Plan& plan,
                                               const plan::Copy& action) {
  const plan::Dataset& from = plan.at(plan.from);
  const plan::Dataset& to = plan.at(plan.to.front());
  const plan::Entity& entity = plan.entity_of(plan.from);
  const bool is_plain = !plan.via && plan.to.size() == 1 && entity.rules.empty() &&
                        entity.key().size() == 1 && from.entity == to.entity &&
                        action.on_conflict == plan::OnConflict::Keep &&
                        stores.is_file(from.store) && stores.is_file(to.store) &&
                        !stores.is_one_file(from.store, to.store);
  if (!is_plain) return std::optional<BulkCopy>();
  MIG_ASSIGN(writer, stores.own_writer(to.store));
  BulkCopy bulk(std::move(writer));
  bulk.shape_ = std::make_shared<Shape>();
  for (const plan::Field& field : entity.fields)
    bulk.shape_->types.push_back(field.type);
  const int registered = sqlite3_create_function_v2(
      sqlite_handle(bulk.database_), "mig_as_written", static_cast<int>(entity.fields.size()),
      SQLITE_UTF8 | SQLITE_DETERMINISTIC, new std::shared_ptr<Shape>(bulk.shape_), Shape::check,
      nullptr, nullptr, Shape::release);
  if (registered != SQLITE_OK) return std::optional<BulkCopy>();
  MIG_ASSIGN(attach, bulk.database_.prepare(fmt::format("ATTACH ?1 AS {}", kSource)));
  attach.bind_text(1, read_only_uri(stores.path(from.store)));
  if (!attach.run())
    return std::optional<BulkCopy>();  // the typed path reads it by another connection
  // The page is read twice, once for its end: it stays in the cache in between.
  MIG_TRY(bulk.database_.execute(fmt::format("PRAGMA {}.cache_size = -{}", kSource, kCacheKib)));
  MIG_ASSIGN(first, bulk.prepare(plan, false));
  MIG_ASSIGN(further, bulk.prepare(plan, true));
  bulk.first_.emplace(std::move(first));
  bulk.further_.emplace(std::move(further));
  return std::optional<BulkCopy>(std::move(bulk));
}

// Parameters: 1 the last row of the page, 2 the row before the page, 3 the most rows.
Result<BulkCopy::Statements> BulkCopy::prepare(const plan::Plan& plan, bool has_after) const {
  const plan::Entity& entity = plan.entity_of(plan.from);
  std::string columns;
  for (const plan::Field& field : entity.fields) {
    MIG_ASSIGN(column, quote_identifier(field.column));
    columns += (columns.empty() ? "" : ", ") + column;
  }
  const plan::Field& key_field = entity.fields[entity.key().front()];
  MIG_ASSIGN(key, quote_identifier(key_field.column));
  MIG_ASSIGN(table, quote_identifier(plan.at(plan.from).table));
  MIG_ASSIGN(target, quote_identifier(plan.at(plan.to.front()).table));
  const std::string ordered = key + (key_field.type.is_integer() ? "" : " COLLATE BINARY");
  const std::string source = fmt::format("{}.{}", kSource, table);
  const std::string range = fmt::format(
      "{} <= ?1{}", ordered, has_after ? fmt::format(" AND {} > ?2", ordered) : std::string());
  MIG_ASSIGN(find_end, database_.prepare(fmt::format(
                           "SELECT max(k), count(*) FROM (SELECT {0} AS k FROM {1} WHERE "
                           "{2} ORDER BY {3} LIMIT ?3)",
                           key, source, range, ordered)));
  MIG_ASSIGN(insert, database_.prepare(
                         fmt::format("INSERT INTO main.{0}({1}) SELECT {1} FROM {2} WHERE {3} AND "
                                     "mig_as_written({1}) ORDER BY {4} ON CONFLICT({5}) DO NOTHING",
                                     target, columns, source, range, ordered, key)));
  MIG_ASSIGN(misfits, database_.prepare(
                          fmt::format("SELECT count(*) FROM {} WHERE {} AND NOT mig_as_written({})",
                                      source, range, columns)));
  return Statements{std::move(find_end), std::move(insert), std::move(misfits)};
}

Result<std::optional<BulkCopy::Totals>> BulkCopy::copy(std::string_view after,
                                                       std::string_view until, std::int64_t limit) {
  std::optional<Statements>& prepared = after.empty() ? first_ : further_;
  assert(prepared.has_value());
  Statements& statements = *prepared;
  Statement& find_end = statements.find_end;
  find_end.reset();
  bind_key(find_end, 1, until);
  if (!after.empty()) bind_key(find_end, 2, after);
  find_end.bind(3, limit);
  MIG_ASSIGN(row, find_end.step());
  assert(row);
  Totals page;
  page.read = find_end.integer(1);
  if (page.read > 0) page.last = place_of(find_end, 0);
  find_end.reset();
  page.is_last = page.read < limit || page.last == until;
  if (page.read == 0) return std::optional(page);
  MIG_TRY(database_.execute("SAVEPOINT mig_bulk_page"));
  auto inserted = insert(statements, page, after);
  // After a full disk SQLite has taken the whole transaction back already, this mark with it.
  if (!inserted && inserted.error().kind != ErrorKind::Conflict) return inserted;
  const char* end = inserted && *inserted ? "RELEASE mig_bulk_page"
                                          : "ROLLBACK TO mig_bulk_page; RELEASE mig_bulk_page";
  MIG_TRY(database_.execute(end));
  // A row that a constraint refuses is the typed path's to name.
  if (!inserted) return std::optional<Totals>();
  return inserted;
}

Result<std::optional<BulkCopy::Totals>> BulkCopy::insert(Statements& statements, Totals page,
                                                         std::string_view after) {
  const auto bind = [&](Statement& statement) {
    statement.reset();
    bind_key(statement, 1, page.last);
    if (!after.empty()) bind_key(statement, 2, after);
  };
  bind(statements.insert);
  MIG_TRY(statements.insert.run());
  page.moved = database_.changes();
  if (page.moved == page.read) return std::optional(page);
  bind(statements.count_misfits);
  MIG_ASSIGN(row, statements.count_misfits.step());
  assert(row);
  const bool all_fit = statements.count_misfits.integer(0) == 0;
  statements.count_misfits.reset();
  return all_fit ? std::optional(page) : std::nullopt;
}

}  // namespace mig::runtime
