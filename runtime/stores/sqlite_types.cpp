#include "runtime/stores/sqlite_types.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "runtime/data/decimal.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/data/json_text.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/data/uuid.hpp"
#include "runtime/stores/sqlite_lists.hpp"

namespace mig::runtime {
namespace {

using plan::Base;

constexpr std::int64_t kExactInReal = std::int64_t{1} << 53;

std::string_view name_of(StorageClass storage) {
  switch (storage) {
    case StorageClass::Null:
      return "NULL";
    case StorageClass::Integer:
      return "an integer";
    case StorageClass::Real:
      return "a real number";
    case StorageClass::Text:
      return "text";
    case StorageClass::Blob:
      return "a blob";
  }
  assert(false && "every storage class has a name");
  return "";
}

Reject wrong_class(const SqlCell& cell, const plan::Type& type) {
  return {fmt::format("{} where `{}` is expected", name_of(cell.storage), print(type))};
}

Reject misfit(std::string_view what, const plan::Type& type) {
  return {fmt::format("{} for `{}`", what, print(type))};
}

std::optional<Reject> read_integer(const SqlCell& cell, Column& into, std::int64_t least,
                                   std::int64_t most) {
  if (cell.storage != StorageClass::Integer) return wrong_class(cell, into.type());
  if (cell.integer < least || cell.integer > most) {
    return misfit("an integer out of range", into.type());
  }
  into.append_integer(cell.integer);
  return std::nullopt;
}

std::optional<Reject> read_decimal(const SqlCell& cell, Column& into) {
  const plan::Type& type = into.type();
  std::optional<Decimal> value;
  switch (cell.storage) {
    case StorageClass::Integer:
      value = parse_decimal(std::to_string(cell.integer), type.precision, type.scale);
      break;
    case StorageClass::Text:
      value = parse_decimal(cell.bytes, type.precision, type.scale);
      break;
    case StorageClass::Real:
      value = decimal_from_real(cell.real, type.precision, type.scale);
      break;
    case StorageClass::Null:
    case StorageClass::Blob:
      return wrong_class(cell, type);
  }
  if (!value) return misfit(fmt::format("{} without an exact value", name_of(cell.storage)), type);
  into.append_decimal(*value);
  return std::nullopt;
}

std::optional<Reject> read_real(const SqlCell& cell, Column& into) {
  if (cell.storage == StorageClass::Real) {
    into.append_real(cell.real);
    return std::nullopt;
  }
  if (cell.storage != StorageClass::Integer) return wrong_class(cell, into.type());
  if (cell.integer < -kExactInReal || cell.integer > kExactInReal) {
    return misfit("an integer beyond 2^53", into.type());
  }
  into.append_real(static_cast<double>(cell.integer));
  return std::nullopt;
}

std::optional<Reject> read_text(const SqlCell& cell, Column& into) {
  if (cell.storage != StorageClass::Text) return wrong_class(cell, into.type());
  const auto length = count_code_points(cell.bytes);
  if (!length) return misfit("text that is not UTF-8", into.type());
  if (into.type().length != 0 && *length > into.type().length) {
    return misfit(fmt::format("text of {} characters", *length), into.type());
  }
  into.append_bytes(cell.bytes);
  return std::nullopt;
}

std::optional<Reject> read_uuid(const SqlCell& cell, Column& into) {
  if (cell.storage == StorageClass::Blob) {
    if (cell.bytes.size() != 16) {
      return misfit(fmt::format("a blob of {} bytes", cell.bytes.size()), into.type());
    }
    into.append_bytes(cell.bytes);
    return std::nullopt;
  }
  if (cell.storage != StorageClass::Text) return wrong_class(cell, into.type());
  const auto bytes = parse_uuid(cell.bytes);
  if (!bytes) return misfit("text that is no lower-case uuid", into.type());
  into.append_bytes(*bytes);
  return std::nullopt;
}

std::optional<Reject> read_when(const SqlCell& cell, Column& into,
                                std::optional<std::int64_t> (*parse)(std::string_view)) {
  if (cell.storage != StorageClass::Text) return wrong_class(cell, into.type());
  const auto value = parse(cell.bytes);
  if (!value) return misfit("text in another form", into.type());
  into.append_integer(*value);
  return std::nullopt;
}

std::optional<Reject> read_word(const SqlCell& cell, Column& into) {
  if (cell.storage != StorageClass::Text) return wrong_class(cell, into.type());
  const auto& members = into.type().members;
  const auto found = std::ranges::find(members, cell.bytes);
  if (found == members.end()) return misfit("text that is no member", into.type());
  into.append_integer(found - members.begin());
  return std::nullopt;
}

std::optional<Reject> read_required(const SqlCell& cell, Column& into) {
  switch (into.type().base) {
    case Base::Bool:
      return read_integer(cell, into, 0, 1);
    case Base::I16:
      return read_integer(cell, into, INT16_MIN, INT16_MAX);
    case Base::I32:
      return read_integer(cell, into, INT32_MIN, INT32_MAX);
    case Base::I64:
      return read_integer(cell, into, INT64_MIN, INT64_MAX);
    case Base::Decimal:
      return read_decimal(cell, into);
    case Base::F64:
      return read_real(cell, into);
    case Base::Text:
      return read_text(cell, into);
    case Base::Bytes:
      if (cell.storage != StorageClass::Blob) return wrong_class(cell, into.type());
      into.append_bytes(cell.bytes);
      return std::nullopt;
    case Base::Uuid:
      return read_uuid(cell, into);
    case Base::Date:
      return read_when(cell, into, parse_date);
    case Base::Time:
      return read_when(cell, into, parse_time);
    case Base::Timestamp:
      return read_when(cell, into, parse_timestamp);
    case Base::Json:
      if (cell.storage != StorageClass::Text) return wrong_class(cell, into.type());
      if (!is_json(cell.bytes)) return misfit("text that is no JSON", into.type());
      into.append_bytes(cell.bytes);
      return std::nullopt;
    case Base::OneOf:
      return read_word(cell, into);
    case Base::List:
      if (cell.storage != StorageClass::Text) return wrong_class(cell, into.type());
      return read_list(cell.bytes, into);
  }
  assert(false && "every base is read");
  return std::nullopt;
}

}  // namespace

SqlCell cell_of(const Statement& statement, int column) {
  return sqlite_statement(statement).cell(column);
}

std::optional<Reject> read_cell(const SqlCell& cell, Column& into) {
  if (cell.storage != StorageClass::Null) return read_required(cell, into);
  if (!into.type().optional) return wrong_class(cell, into.type());
  into.append_null();
  return std::nullopt;
}

std::optional<std::string> text_form(const Column& from, std::size_t row) {
  const plan::Type& type = from.type();
  switch (type.base) {
    case Base::Decimal:
      return print_decimal(from.decimal(row), type.scale);
    case Base::Text:
    case Base::Json:
      return std::string(from.bytes(row));
    case Base::Uuid:
      return print_uuid(from.bytes(row));
    case Base::Date:
      if (!is_printable_date(from.integer(row))) return std::nullopt;
      return print_date(from.integer(row));
    case Base::Time:
      if (!is_printable_time(from.integer(row))) return std::nullopt;
      return print_time(from.integer(row));
    case Base::Timestamp:
      if (!is_printable_timestamp(from.integer(row))) return std::nullopt;
      return print_timestamp(from.integer(row));
    case Base::OneOf:
      return type.members.at(static_cast<std::size_t>(from.integer(row)));
    case Base::List:
      return print_list(from, row);
    case Base::Bool:
    case Base::I16:
    case Base::I32:
    case Base::I64:
    case Base::F64:
    case Base::Bytes:
      break;
  }
  assert(false && "the type is written as text");
  return std::nullopt;
}

SqliteForm sqlite_form(Base base) {
  switch (base) {
    case Base::Bool:
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return SqliteForm::Integer;
    case Base::F64:
      return SqliteForm::Real;
    case Base::Bytes:
      return SqliteForm::Blob;
    case Base::Text:
    case Base::Json:
      return SqliteForm::Text;
    case Base::Decimal:
    case Base::Uuid:
    case Base::Date:
    case Base::Time:
    case Base::Timestamp:
    case Base::OneOf:
    case Base::List:
      return SqliteForm::Printed;
  }
  assert(false && "every base has its form");
  return SqliteForm::Printed;
}

std::optional<Reject> bind_cell(Statement& statement, int parameter, const Column& from,
                                std::size_t row) {
  SqliteStatement& into = sqlite_statement(statement);
  if (from.is_null(row)) {
    into.bind(parameter, {});
    return std::nullopt;
  }
  switch (sqlite_form(from.type().base)) {
    case SqliteForm::Integer:
      into.bind(parameter, {.storage = StorageClass::Integer, .integer = from.integer(row)});
      return std::nullopt;
    case SqliteForm::Real:
      if (std::isnan(from.real(row))) return misfit("not a number", from.type());
      into.bind(parameter, {.storage = StorageClass::Real, .real = from.real(row)});
      return std::nullopt;
    case SqliteForm::Blob:
      into.bind(parameter, {.storage = StorageClass::Blob, .bytes = from.bytes(row)});
      return std::nullopt;
    case SqliteForm::Text:
      into.bind(parameter, {.storage = StorageClass::Text, .bytes = from.bytes(row)});
      return std::nullopt;
    case SqliteForm::Printed:
      break;
  }
  const auto text = text_form(from, row);
  if (!text) return misfit("a value that SQLite has no form", from.type());
  into.bind(parameter, {.storage = StorageClass::Text, .bytes = *text});
  return std::nullopt;
}

std::string declaration(const plan::Type& type) {
  const auto required = [&]() -> std::string {
    switch (sqlite_form(type.base)) {
      case SqliteForm::Integer:
        return "INTEGER";
      case SqliteForm::Real:
        return "REAL";
      case SqliteForm::Blob:
        return "BLOB";
      case SqliteForm::Text:
      case SqliteForm::Printed:
        return "TEXT";
    }
    assert(false && "every form is declared");
    return {};
  };
  return required() + (type.optional ? "" : " NOT NULL");
}

}  // namespace mig::runtime
