#include "runtime/stores/sqlite_bulk.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "runtime/data/decimal.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/data/uuid.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

constexpr std::int64_t kExactDouble = std::int64_t{1} << 53;
constexpr const char* kSource = "mig_bulk";

SqliteCell cell_of(sqlite3_value* value) {
  SqliteCell cell;
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
      return count_code_points(text) && nlohmann::json::accept(text);
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
bool is_as_written(const SqliteCell& cell, const plan::Type& type) {
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
                        !stores.is_one_file(from.store, to.store);
  if (!is_plain) return std::optional<BulkCopy>();
  MIG_ASSIGN(writer, stores.writer(to.store));
  BulkCopy bulk(*writer);
  bulk.shape_ = std::make_shared<Shape>();
  std::string columns;
  for (const plan::Field& field : entity.fields) {
    MIG_ASSIGN(column, quote_identifier(field.column));
    columns += (columns.empty() ? "" : ", ") + column;
    bulk.shape_->types.push_back(field.type);
  }
  const int registered = sqlite3_create_function_v2(
      writer->handle(), "mig_as_written", static_cast<int>(entity.fields.size()),
      SQLITE_UTF8 | SQLITE_DETERMINISTIC, new std::shared_ptr<Shape>(bulk.shape_), Shape::check,
      nullptr, nullptr, Shape::release);
  if (registered != SQLITE_OK) return std::optional<BulkCopy>();
  MIG_ASSIGN(attach, writer->prepare(fmt::format("ATTACH ?1 AS {}", kSource)));
  attach.bind_text(1, "file:" + stores.path(from.store).string() + "?mode=ro");
  if (!attach.run())
    return std::optional<BulkCopy>();  // the typed path reads it by another connection
  MIG_ASSIGN(source, quote_identifier(from.table));
  MIG_ASSIGN(target, quote_identifier(to.table));
  MIG_ASSIGN(key, quote_identifier(entity.fields[entity.key().front()].column));
  const bool is_text_key = !entity.fields[entity.key().front()].type.is_integer();
  const std::string ordered = key + (is_text_key ? " COLLATE BINARY" : "");
  const std::string range = fmt::format("({0} > ?1 OR ?1 IS NULL) AND {0} <= ?2", ordered);
  MIG_ASSIGN(
      find_end,
      writer->prepare(fmt::format(
          "SELECT max(k), count(*) FROM (SELECT {0} AS k FROM {1}.{2} WHERE {3} ORDER BY {4} "
          "LIMIT ?3)",
          key, kSource, source, range, ordered)));
  MIG_ASSIGN(insert, writer->prepare(fmt::format(
                         "INSERT INTO main.{0}({1}) SELECT {1} FROM {2}.{3} WHERE {4} AND "
                         "mig_as_written({1}) ORDER BY {5} ON CONFLICT({6}) DO NOTHING",
                         target, columns, kSource, source, range, ordered, key)));
  MIG_ASSIGN(misfits, writer->prepare(fmt::format(
                          "SELECT count(*) FROM {}.{} WHERE {} AND NOT mig_as_written({})", kSource,
                          source, range, columns)));
  bulk.find_end_.emplace(std::move(find_end));
  bulk.insert_.emplace(std::move(insert));
  bulk.count_misfits_.emplace(std::move(misfits));
  return std::optional<BulkCopy>(std::move(bulk));
}

Result<std::optional<BulkCopy::Totals>> BulkCopy::copy(std::string_view after,
                                                       std::string_view until, std::int64_t limit) {
  find_end_->reset();
  after.empty() ? find_end_->bind_null(1) : bind_key(*find_end_, 1, after);
  bind_key(*find_end_, 2, until);
  find_end_->bind(3, limit);
  MIG_ASSIGN(row, find_end_->step());
  assert(row);
  Totals page;
  page.read = find_end_->integer(1);
  if (page.read > 0) page.last = place_of(*find_end_, 0);
  find_end_->reset();
  page.is_last = page.read < limit || page.last == until;
  if (page.read == 0) return std::optional(page);
  MIG_TRY(database_->execute("SAVEPOINT mig_bulk_page"));
  auto inserted = insert(page, after);
  const char* end = inserted && *inserted ? "RELEASE mig_bulk_page"
                                          : "ROLLBACK TO mig_bulk_page; RELEASE mig_bulk_page";
  MIG_TRY(database_->execute(end));
  // A row that a constraint refuses is the typed path's to name.
  if (!inserted && inserted.error().kind == ErrorKind::Conflict) return std::optional<Totals>();
  return inserted;
}

Result<std::optional<BulkCopy::Totals>> BulkCopy::insert(Totals page, std::string_view after) {
  const auto bind = [&](Statement& statement) {
    statement.reset();
    after.empty() ? statement.bind_null(1) : bind_key(statement, 1, after);
    bind_key(statement, 2, page.last);
  };
  bind(*insert_);
  MIG_TRY(insert_->run());
  page.moved = database_->changes();
  if (page.moved == page.read) return std::optional(page);
  bind(*count_misfits_);
  MIG_ASSIGN(row, count_misfits_->step());
  assert(row);
  const bool all_fit = count_misfits_->integer(0) == 0;
  count_misfits_->reset();
  return all_fit ? std::optional(page) : std::nullopt;
}

}  // namespace mig::runtime
