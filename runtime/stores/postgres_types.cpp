#include "runtime/stores/postgres_types.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>

#include <fmt/format.h>

#include "runtime/data/utf8.hpp"
#include "runtime/data/uuid.hpp"
#include "runtime/stores/postgres_bytes.hpp"
#include "runtime/stores/postgres_numeric.hpp"

namespace mig::runtime {
namespace {

using plan::Base;
using Refusal = std::optional<Reject>;

constexpr std::int64_t kDaysTo2000 = 10957;  // from 1970-01-01
constexpr std::int64_t kMicrosTo2000 = kDaysTo2000 * 86'400 * 1'000'000;
constexpr std::uint32_t kLongestVarchar = 10'485'760;

Reject wrong_class(const Column& from, const PostgresType& type) {
  return {fmt::format("`{}` where the column is `{}`", print(from.type()), type.name)};
}

Reject misfit(std::string_view what, const PostgresType& type) {
  return {fmt::format("{} for a column of `{}`", what, type.name)};
}

// What a column's own modifier says; the server would apply it without a word.
Refusal append_text(const PostgresType& type, std::string_view text, std::string& out) {
  if (text.find('\0') != text.npos) return misfit("text with U+0000", type);
  if (type.length() != 0) {
    const auto length = count_code_points(text);
    assert(length && "a column holds UTF-8");
    if (*length > type.length()) {
      return misfit(fmt::format("text of {} characters", *length),
                    {.name = fmt::format("{}({})", type.name, type.length())});
    }
  }
  if (type.wire == Wire::Char && text.ends_with(' ')) {
    return misfit("text that ends in a blank", type);
  }
  out += text;
  return std::nullopt;
}

Refusal append_integer(const PostgresType& type, const Column& from, std::int64_t value,
                       std::string& out) {
  if (type.wire == Wire::Int8) {
    append_number(out, value);
  } else if (type.wire == Wire::Int4) {
    if (value < INT32_MIN || value > INT32_MAX) return misfit("an integer out of range", type);
    append_number(out, static_cast<std::int32_t>(value));
  } else if (type.wire == Wire::Int2) {
    if (value < INT16_MIN || value > INT16_MAX) return misfit("an integer out of range", type);
    append_number(out, static_cast<std::int16_t>(value));
  } else {
    return wrong_class(from, type);
  }
  return std::nullopt;
}

Refusal append_decimal(const PostgresType& type, const Column& from, Decimal value,
                       std::string& out) {
  if (type.wire != Wire::Numeric) return wrong_class(from, type);
  const int scale = from.type().scale;
  if (type.has_precision() && !keeps_numeric(value, scale, type.precision(), type.scale())) {
    return misfit("a decimal with more digits",
                  {.name = fmt::format("numeric({},{})", type.precision(), type.scale())});
  }
  append_numeric(out, value, scale);
  return std::nullopt;
}

Refusal append_real(const PostgresType& type, const Column& from, double value, std::string& out) {
  if (type.wire == Wire::Float8) {
    append_number(out, std::bit_cast<std::int64_t>(value));
    return std::nullopt;
  }
  if (type.wire != Wire::Float4) return wrong_class(from, type);
  const auto narrow = static_cast<float>(value);
  const bool is_same = double{narrow} == value || value != value;
  if (!is_same) return misfit("a number with more digits", type);
  append_number(out, std::bit_cast<std::int32_t>(narrow));
  return std::nullopt;
}

Refusal append_when(const PostgresType& type, const Column& from, std::int64_t value,
                    std::string& out) {
  const Base base = from.type().base;
  if (base == Base::Date) {
    if (type.wire != Wire::Date) return wrong_class(from, type);
    const std::int64_t days = value - kDaysTo2000;
    // The server's own range ends at the Julian day 0 and in the year 5874897.
    if (days < -2451545 || days > 2145031948) return misfit("a date out of range", type);
    append_number(out, static_cast<std::int32_t>(days));
    return std::nullopt;
  }
  const bool is_time = base == Base::Time;
  const bool has_room = is_time ? type.wire == Wire::Time
                                : type.wire == Wire::TimestampTz || type.wire == Wire::Timestamp;
  if (!has_room) return wrong_class(from, type);
  if (value % type.time_step() != 0) return misfit("a time with more places", type);
  if (!is_time && value < INT64_MIN + kMicrosTo2000)
    return misfit("a timestamp out of range", type);
  append_number(out, is_time ? value : value - kMicrosTo2000);
  return std::nullopt;
}

// Whether a JSON text names U+0000, which jsonb has no room for.
bool names_nul(std::string_view json) {
  for (auto at = json.find("\\u0000"); at != json.npos; at = json.find("\\u0000", at + 1)) {
    std::size_t slashes = 0;
    while (slashes < at && json[at - 1 - slashes] == '\\')
      ++slashes;
    if (slashes % 2 == 0) return true;
  }
  return false;
}

Refusal append_json(const PostgresType& type, const Column& from, std::string_view json,
                    std::string& out) {
  if (type.wire == Wire::Text) return append_text(type, json, out);
  if (type.wire != Wire::Json && type.wire != Wire::Jsonb) return wrong_class(from, type);
  if (type.wire == Wire::Jsonb) {
    if (names_nul(json)) return misfit("JSON with `\\u0000`", type);
    out += '\1';
  }
  out += json;
  return std::nullopt;
}

bool takes_text(Wire wire) {
  return wire == Wire::Text || wire == Wire::Char || wire == Wire::Enum;
}

Refusal append_list(const PostgresType& type, const Column& from, std::size_t row,
                    std::string& out) {
  if (type.wire != Wire::Array) return wrong_class(from, type);
  const Column::Range items = from.list(row);
  const PostgresType& element = type.element.front();
  bool has_null = false;
  for (std::size_t i = items.first; i < items.end; ++i)
    has_null = has_null || from.element().is_null(i);
  const bool is_empty = items.first == items.end;
  append_number(out, std::int32_t{is_empty ? 0 : 1});
  append_number(out, std::int32_t{has_null ? 1 : 0});
  append_number(out, element.oid);
  if (is_empty) return std::nullopt;
  append_number(out, static_cast<std::int32_t>(items.end - items.first));
  append_number(out, std::int32_t{1});
  for (std::size_t i = items.first; i < items.end; ++i) {
    if (auto refused = append_field(element, from.element(), i, out)) {
      return Reject{"in a list: " + refused->reason};
    }
  }
  return std::nullopt;
}

Refusal append_bytes(const PostgresType& type, const Column& from, std::size_t row,
                     std::string& out) {
  const plan::Type& ours = from.type();
  switch (ours.base) {
    case Base::Bool:
      if (type.wire != Wire::Bool) return wrong_class(from, type);
      out += from.integer(row) != 0 ? '\1' : '\0';
      return std::nullopt;
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return append_integer(type, from, from.integer(row), out);
    case Base::Decimal:
      return append_decimal(type, from, from.decimal(row), out);
    case Base::F64:
      return append_real(type, from, from.real(row), out);
    case Base::Text:
      if (!takes_text(type.wire)) return wrong_class(from, type);
      return append_text(type, from.bytes(row), out);
    case Base::Bytes:
      if (type.wire != Wire::Bytea) return wrong_class(from, type);
      out += from.bytes(row);
      return std::nullopt;
    case Base::Uuid:
      if (type.wire == Wire::Text) return append_text(type, print_uuid(from.bytes(row)), out);
      if (type.wire != Wire::Uuid) return wrong_class(from, type);
      out += from.bytes(row);
      return std::nullopt;
    case Base::Date:
    case Base::Time:
    case Base::Timestamp:
      return append_when(type, from, from.integer(row), out);
    case Base::Json:
      return append_json(type, from, from.bytes(row), out);
    case Base::OneOf:
      if (!takes_text(type.wire)) return wrong_class(from, type);
      return append_text(type, ours.members.at(static_cast<std::size_t>(from.integer(row))), out);
    case Base::List:
      return append_list(type, from, row, out);
  }
  assert(false && "every base is written");
  return std::nullopt;
}

std::string required_declaration(const plan::Type& type) {
  switch (type.base) {
    case Base::Bool:
      return "boolean";
    case Base::I16:
      return "smallint";
    case Base::I32:
      return "integer";
    case Base::I64:
      return "bigint";
    case Base::Decimal:
      return fmt::format("numeric({},{})", type.precision, type.scale);
    case Base::F64:
      return "double precision";
    case Base::Text:
      if (type.length == 0 || type.length > kLongestVarchar) return "text";
      return fmt::format("varchar({})", type.length);
    case Base::Bytes:
      return "bytea";
    case Base::Uuid:
      return "uuid";
    case Base::Date:
      return "date";
    case Base::Time:
      return "time";
    case Base::Timestamp:
      return "timestamptz";
    case Base::Json:
      return "json";
    case Base::OneOf:
      return "text";
    case Base::List:
      // A list of lists would be an array of two dimensions, whose lists are all equally long.
      return required_declaration(type.element.front()) + "[]";
  }
  assert(false && "every base is declared");
  return {};
}

}  // namespace

std::optional<Reject> append_field(const PostgresType& type, const Column& from, std::size_t row,
                                   std::string& tuple) {
  if (from.is_null(row)) {
    append_number(tuple, std::int32_t{-1});
    return std::nullopt;
  }
  const std::size_t begin = tuple.size();
  append_number(tuple, std::int32_t{0});
  if (auto refused = append_bytes(type, from, row, tuple)) {
    tuple.resize(begin);
    return refused;
  }
  const auto size = network_order(static_cast<std::int32_t>(tuple.size() - begin - 4));
  tuple.replace(begin, sizeof size, reinterpret_cast<const char*>(&size), sizeof size);
  return std::nullopt;
}

bool is_carried(const PostgresType& stored, const plan::Type& type) {
  const Wire wire = stored.wire;
  const bool is_integer = wire == Wire::Int2 || wire == Wire::Int4 || wire == Wire::Int8;
  switch (type.base) {
    case Base::Bool:
      return wire == Wire::Bool;
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return is_integer;
    case Base::Decimal:
      return wire == Wire::Numeric || is_integer;
    case Base::F64:
      return wire == Wire::Float8 || wire == Wire::Float4 || is_integer;
    case Base::Text:
    case Base::OneOf:
      return takes_text(wire);
    case Base::Bytes:
      return wire == Wire::Bytea;
    case Base::Uuid:
      return wire == Wire::Uuid || takes_text(wire);
    case Base::Date:
      return wire == Wire::Date;
    case Base::Time:
      return wire == Wire::Time;
    case Base::Timestamp:
      return wire == Wire::TimestampTz || wire == Wire::Timestamp;
    case Base::Json:
      return wire == Wire::Json || wire == Wire::Jsonb || takes_text(wire);
    case Base::List:
      return wire == Wire::Array && is_carried(stored.element.front(), type.element.front());
  }
  assert(false && "every base is asked for");
  return false;
}

std::string postgres_declaration(const plan::Type& type) {
  return required_declaration(type) + (type.optional ? "" : " NOT NULL");
}

}  // namespace mig::runtime
