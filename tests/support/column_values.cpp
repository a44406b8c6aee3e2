#include "tests/support/column_values.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "runtime/data/iso_time.hpp"
#include "runtime/data/uuid.hpp"

namespace mig::tests {

using plan::Base;
using plan::Type;
using runtime::Column;
using runtime::Decimal;

namespace {

constexpr std::int64_t kMicrosPerDay = std::int64_t{86'400} * 1'000'000;

}  // namespace

std::int64_t ColumnValues::between(std::int64_t least, std::int64_t most) {
  return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
}
std::int64_t ColumnValues::spread(std::int64_t least, std::int64_t most) {
  switch (between(0, 4)) {
    case 0:
      return least;
    case 1:
      return most;
    case 2:
      return std::clamp<std::int64_t>(between(-3, 3), least, most);
    default:
      return between(least, most);
  }
}
Decimal ColumnValues::decimal(int precision) {
  const auto digits = between(0, precision);
  Decimal value = 0;
  const bool is_full = between(0, 3) == 0;
  for (std::int64_t i = 0; i < digits; ++i)
    value = value * 10 + (is_full ? 9 : between(0, 2) == 0 ? 0 : between(0, 9));
  return between(0, 1) == 0 ? value : -value;
}
std::string ColumnValues::text(std::size_t most) {
  static const std::vector<std::string> kLetters = {"a",  "ß",    "€",  "😀", " ", "\\",  "'",
                                                    "\n", "\x01", "\"", "{", ",", "NULL"};
  std::string text;
  const auto count = between(0, static_cast<std::int64_t>(most / 4));
  for (std::int64_t i = 0; i < count; ++i)
    text += kLetters[static_cast<std::size_t>(between(0, 12))];
  return text;
}
std::string ColumnValues::bytes(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i)
    bytes += static_cast<char>(between(0, 255));
  return bytes;
}

void ColumnValues::append(Column& into) {
  const Type& type = into.type();
  if (type.optional && between(0, 5) == 0) return into.append_null();
  switch (type.base) {
    case Base::Bool:
      return into.append_integer(between(0, 1));
    case Base::I16:
      return into.append_integer(spread(INT16_MIN, INT16_MAX));
    case Base::I32:
      return into.append_integer(spread(INT32_MIN, INT32_MAX));
    case Base::I64:
      return into.append_integer(spread(INT64_MIN, INT64_MAX));
    case Base::Decimal:
      return into.append_decimal(decimal(type.precision));
    case Base::F64:
      return into.append_real(std::bit_cast<double>(between(INT64_MIN, INT64_MAX)));
    case Base::Text:
      return into.append_bytes(text(type.length == 0 ? 200 : type.length));
    case Base::Bytes:
      return into.append_bytes(bytes(static_cast<std::size_t>(between(0, 60))));
    case Base::Uuid:
      return into.append_bytes(bytes(16));
    case Base::Date:
      return into.append_integer(
          spread(*mig::runtime::parse_date("0001-01-01"), *mig::runtime::parse_date("9999-12-31")));
    case Base::Time:
      return into.append_integer(spread(0, kMicrosPerDay - 1));
    case Base::Timestamp:
      return into.append_integer(
          spread(*mig::runtime::parse_timestamp("0001-01-01T00:00:00Z"),
                 *mig::runtime::parse_timestamp("9999-12-31T23:59:59.999999Z")));
    case Base::Json:
      return into.append_bytes(
          fmt::format("{{ \"a\" : [ {}, 1.50, \"\\u00e9\" ] }}", between(INT64_MIN, INT64_MAX)));
    case Base::OneOf:
      return into.append_integer(between(0, static_cast<std::int64_t>(type.members.size()) - 1));
    case Base::List: {
      const auto items = between(0, 4);
      for (std::int64_t i = 0; i < items; ++i)
        append(into.element());
      return into.append_list();
    }
  }
}

std::string shown_cell(const Column& column, std::size_t row) {
  if (column.is_null(row)) return "NULL";
  const Type& type = column.type();
  switch (type.base) {
    case Base::Decimal:
      return mig::runtime::print_decimal(column.decimal(row), type.scale);
    case Base::F64:
      return std::isnan(column.real(row))
                 ? "NaN"
                 : fmt::format("{:x}", std::bit_cast<std::uint64_t>(column.real(row)));
    case Base::Text:
    case Base::Bytes:
    case Base::Json:
      return std::string(column.bytes(row));
    case Base::Uuid:
      return mig::runtime::print_uuid(column.bytes(row));
    case Base::Date:
      return mig::runtime::print_date(column.integer(row));
    case Base::Time:
      return mig::runtime::print_time(column.integer(row));
    case Base::Timestamp:
      return mig::runtime::print_timestamp(column.integer(row));
    case Base::OneOf:
      return type.members.at(static_cast<std::size_t>(column.integer(row)));
    case Base::List: {
      std::string text;
      const auto items = column.list(row);
      for (std::size_t i = items.first; i < items.end; ++i)
        text += shown_cell(column.element(), i) + ";";
      return text;
    }
    case Base::Bool:
      return column.integer(row) != 0 ? "true" : "false";
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return std::to_string(column.integer(row));
  }
  return {};
}

}  // namespace mig::tests
