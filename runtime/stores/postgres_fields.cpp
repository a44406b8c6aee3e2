#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>

#include <fmt/format.h>

#include "runtime/data/iso_time.hpp"
#include "runtime/data/json_text.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/data/uuid.hpp"
#include "runtime/stores/postgres_bytes.hpp"
#include "runtime/stores/postgres_numeric.hpp"
#include "runtime/stores/postgres_types.hpp"

namespace mig::runtime {
namespace {

using plan::Base;
using Refusal = std::optional<Reject>;

constexpr std::int64_t kDaysTo2000 = 10957;  // from 1970-01-01
constexpr std::int64_t kMicrosTo2000 = kDaysTo2000 * 86'400 * 1'000'000;
constexpr std::int64_t kExactInReal = std::int64_t{1} << 53;
constexpr std::size_t kArrayHead = 12;
constexpr std::size_t kDimension = 8;

Reject wrong_class(const PostgresType& type, const Column& into) {
  return {fmt::format("a value of `{}` where `{}` is expected", type.name, print(into.type()))};
}

Reject misfit(std::string_view what, const Column& into) {
  return {fmt::format("{} for `{}`", what, print(into.type()))};
}

Reject malformed(const PostgresType& type) {
  return {fmt::format("bytes that are no `{}`", type.name)};
}

std::size_t width_of(Wire wire) {
  switch (wire) {
    case Wire::Bool:
      return 1;
    case Wire::Int2:
      return 2;
    case Wire::Int4:
    case Wire::Float4:
    case Wire::Date:
      return 4;
    case Wire::Int8:
    case Wire::Float8:
    case Wire::Time:
    case Wire::Timestamp:
    case Wire::TimestampTz:
      return 8;
    case Wire::Uuid:
      return 16;
    case Wire::Numeric:
    case Wire::Text:
    case Wire::Char:
    case Wire::Enum:
    case Wire::Bytea:
    case Wire::Json:
    case Wire::Jsonb:
    case Wire::Array:
    case Wire::Other:
      break;
  }
  return 0;  // of any
}

// Of the three integer types; nothing for others.
std::optional<std::int64_t> integer_of(Wire wire, std::string_view bytes) {
  if (wire == Wire::Int2) return number_at<std::int16_t>(bytes, 0);
  if (wire == Wire::Int4) return number_at<std::int32_t>(bytes, 0);
  if (wire == Wire::Int8) return number_at<std::int64_t>(bytes, 0);
  return std::nullopt;
}

Refusal read_integer(const PostgresType& type, std::string_view bytes, Column& into,
                     std::int64_t least, std::int64_t most) {
  const auto value = integer_of(type.wire, bytes);
  if (!value) return wrong_class(type, into);
  if (*value < least || *value > most) return misfit("an integer out of range", into);
  into.append_integer(*value);
  return std::nullopt;
}

Refusal flawed(NumericFlaw flaw, const PostgresType& type, const Column& into) {
  switch (flaw) {
    case NumericFlaw::Malformed:
      return malformed(type);
    case NumericFlaw::NotANumber:
      return misfit("a numeric that is not a number", into);
    case NumericFlaw::Infinite:
      return misfit("an infinite numeric", into);
    case NumericFlaw::TooManyPlaces:
      return misfit("a numeric with more places", into);
    case NumericFlaw::TooManyDigits:
      return misfit("a numeric with more digits", into);
  }
  assert(false && "every flaw has its words");
  return std::nullopt;
}

Refusal read_decimal(const PostgresType& type, std::string_view bytes, Column& into) {
  const int precision = into.type().precision;
  const int scale = into.type().scale;
  if (type.wire == Wire::Numeric) {
    const auto value = read_numeric(bytes, precision, scale);
    if (!value) return flawed(value.error(), type, into);
    into.append_decimal(*value);
    return std::nullopt;
  }
  const auto whole = integer_of(type.wire, bytes);
  if (!whole) return wrong_class(type, into);
  std::string numeric;
  append_numeric(numeric, *whole, 0);
  const auto value = read_numeric(numeric, precision, scale);
  if (!value) return misfit("an integer out of range", into);
  into.append_decimal(*value);
  return std::nullopt;
}

Refusal read_real(const PostgresType& type, std::string_view bytes, Column& into) {
  if (type.wire == Wire::Float8) {
    into.append_real(std::bit_cast<double>(number_at<std::int64_t>(bytes, 0)));
    return std::nullopt;
  }
  if (type.wire == Wire::Float4) {
    into.append_real(double{std::bit_cast<float>(number_at<std::int32_t>(bytes, 0))});
    return std::nullopt;
  }
  const auto whole = integer_of(type.wire, bytes);
  if (!whole) return wrong_class(type, into);
  if (*whole < -kExactInReal || *whole > kExactInReal) {
    return misfit("an integer beyond 2^53", into);
  }
  into.append_real(static_cast<double>(*whole));
  return std::nullopt;
}

bool holds_text(Wire wire) {
  return wire == Wire::Text || wire == Wire::Char || wire == Wire::Enum;
}

std::string_view without_padding(const PostgresType& type, std::string_view bytes) {
  if (type.wire != Wire::Char) return bytes;
  return bytes.substr(0, bytes.find_last_not_of(' ') + 1);
}

Refusal read_text(const PostgresType& type, std::string_view bytes, Column& into) {
  if (!holds_text(type.wire)) return wrong_class(type, into);
  const std::string_view text = without_padding(type, bytes);
  const auto length = count_code_points(text);
  if (!length) return misfit("text that is not UTF-8", into);
  if (into.type().length != 0 && *length > into.type().length) {
    return misfit(fmt::format("text of {} characters", *length), into);
  }
  into.append_bytes(text);
  return std::nullopt;
}

Refusal read_uuid(const PostgresType& type, std::string_view bytes, Column& into) {
  if (type.wire == Wire::Uuid) {
    into.append_bytes(bytes);
    return std::nullopt;
  }
  if (!holds_text(type.wire)) return wrong_class(type, into);
  const auto value = parse_uuid(without_padding(type, bytes));
  if (!value) return misfit("text that is no lower-case uuid", into);
  into.append_bytes(*value);
  return std::nullopt;
}

Refusal read_date(const PostgresType& type, std::string_view bytes, Column& into) {
  if (type.wire != Wire::Date) return wrong_class(type, into);
  const auto days = number_at<std::int32_t>(bytes, 0);
  if (days == INT32_MIN || days == INT32_MAX) return misfit("an infinite date", into);
  if (!is_printable_date(days + kDaysTo2000)) {
    return misfit("a date outside of the years 1 to 9999", into);
  }
  into.append_integer(days + kDaysTo2000);
  return std::nullopt;
}

Refusal read_time(const PostgresType& type, std::string_view bytes, Column& into) {
  if (type.wire != Wire::Time) return wrong_class(type, into);
  const auto micros = number_at<std::int64_t>(bytes, 0);
  if (!is_printable_time(micros)) return misfit("the time 24:00", into);
  into.append_integer(micros);
  return std::nullopt;
}

Refusal read_timestamp(const PostgresType& type, std::string_view bytes, Column& into) {
  if (type.wire != Wire::TimestampTz && type.wire != Wire::Timestamp) {
    return wrong_class(type, into);
  }
  const auto micros = number_at<std::int64_t>(bytes, 0);
  if (micros == INT64_MIN || micros == INT64_MAX) return misfit("an infinite timestamp", into);
  if (micros > INT64_MAX - kMicrosTo2000 || !is_printable_timestamp(micros + kMicrosTo2000)) {
    return misfit("a timestamp outside of the years 1 to 9999", into);
  }
  into.append_integer(micros + kMicrosTo2000);
  return std::nullopt;
}

Refusal read_json(const PostgresType& type, std::string_view bytes, Column& into) {
  if (type.wire == Wire::Jsonb) {
    if (bytes.empty() || bytes.front() != 1) return malformed(type);
    bytes.remove_prefix(1);
  } else if (type.wire != Wire::Json && !holds_text(type.wire)) {
    return wrong_class(type, into);
  }
  bytes = without_padding(type, bytes);
  if (!is_json(bytes)) return misfit("text that is no JSON", into);
  into.append_bytes(bytes);
  return std::nullopt;
}

Refusal read_word(const PostgresType& type, std::string_view bytes, Column& into) {
  if (!holds_text(type.wire)) return wrong_class(type, into);
  const auto& members = into.type().members;
  const auto found = std::ranges::find(members, without_padding(type, bytes));
  if (found == members.end()) return misfit("text that is no member", into);
  into.append_integer(found - members.begin());
  return std::nullopt;
}

Refusal read_items(const PostgresType& type, std::string_view bytes, std::int32_t count,
                   Column& element) {
  std::size_t at = 0;
  for (std::int32_t i = 0; i < count; ++i) {
    if (bytes.size() - at < 4) return malformed(type);
    const auto size = number_at<std::int32_t>(bytes, at);
    at += 4;
    CopyField item;
    if (size != -1) {
      if (size < 0 || bytes.size() - at < static_cast<std::size_t>(size)) return malformed(type);
      item = bytes.substr(at, static_cast<std::size_t>(size));
      at += static_cast<std::size_t>(size);
    }
    if (auto refused = read_field(type.element.front(), item, element)) {
      return Reject{"in a list: " + refused->reason};
    }
  }
  if (at != bytes.size()) return malformed(type);
  return std::nullopt;
}

Refusal read_list(const PostgresType& type, std::string_view bytes, Column& into) {
  if (type.wire != Wire::Array) return wrong_class(type, into);
  if (bytes.size() < kArrayHead) return malformed(type);
  const auto dimensions = number_at<std::int32_t>(bytes, 0);
  bytes.remove_prefix(kArrayHead);
  if (dimensions == 0) {
    into.append_list();
    return std::nullopt;
  }
  if (dimensions != 1) return misfit("an array of more than one dimension", into);
  if (bytes.size() < kDimension) return malformed(type);
  const auto count = number_at<std::int32_t>(bytes, 0);
  const auto first = number_at<std::int32_t>(bytes, 4);
  if (first != 1) return misfit("an array that does not begin at 1", into);
  const std::size_t before = into.element().size();
  if (auto refused = read_items(type, bytes.substr(kDimension), count, into.element())) {
    into.element().shrink(before);
    return refused;
  }
  into.append_list();
  return std::nullopt;
}

Refusal read_required(const PostgresType& type, std::string_view bytes, Column& into) {
  const std::size_t width = width_of(type.wire);
  if (width != 0 && bytes.size() != width) return malformed(type);
  switch (into.type().base) {
    case Base::Bool:
      if (type.wire != Wire::Bool) return wrong_class(type, into);
      into.append_integer(bytes.front() != 0 ? 1 : 0);
      return std::nullopt;
    case Base::I16:
      return read_integer(type, bytes, into, INT16_MIN, INT16_MAX);
    case Base::I32:
      return read_integer(type, bytes, into, INT32_MIN, INT32_MAX);
    case Base::I64:
      return read_integer(type, bytes, into, INT64_MIN, INT64_MAX);
    case Base::Decimal:
      return read_decimal(type, bytes, into);
    case Base::F64:
      return read_real(type, bytes, into);
    case Base::Text:
      return read_text(type, bytes, into);
    case Base::Bytes:
      if (type.wire != Wire::Bytea) return wrong_class(type, into);
      into.append_bytes(bytes);
      return std::nullopt;
    case Base::Uuid:
      return read_uuid(type, bytes, into);
    case Base::Date:
      return read_date(type, bytes, into);
    case Base::Time:
      return read_time(type, bytes, into);
    case Base::Timestamp:
      return read_timestamp(type, bytes, into);
    case Base::Json:
      return read_json(type, bytes, into);
    case Base::OneOf:
      return read_word(type, bytes, into);
    case Base::List:
      return read_list(type, bytes, into);
  }
  assert(false && "every base is read");
  return std::nullopt;
}

}  // namespace

std::optional<Reject> read_field(const PostgresType& type, const CopyField& field, Column& into) {
  if (field) return read_required(type, *field, into);
  if (!into.type().optional) {
    return Reject{fmt::format("null where `{}` is expected", print(into.type()))};
  }
  into.append_null();
  return std::nullopt;
}

}  // namespace mig::runtime
