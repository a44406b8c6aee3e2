// From one type to another. What can fail gives nothing where it does.
#include <algorithm>
#include <cassert>
#include <charconv>

#include "runtime/data/decimal.hpp"
#include "runtime/data/exact_arithmetic.hpp"
#include "runtime/data/function_call.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/data/uuid.hpp"

namespace mig::runtime {
namespace {

using plan::Base;
using plan::Function;

// The whole number that a cell holds, if it is one.
std::optional<std::int64_t> whole(const Cells& cells, const plan::Type& type, std::size_t row) {
  if (type.base != Base::Decimal) return cells.integer(row);
  const auto value = rescaled(cells.decimal(row), type.scale, 0);
  if (!value || *value < INT64_MIN || *value > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

// A sign or none, and digits.
std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void to_integer(const Call& call, IntegerRange range) {
  const Cells& from = *call.arguments[0];
  const bool is_text = from.storage == Storage::Bytes;
  for (const std::uint32_t row : call.rows) {
    const auto value = is_text ? parse_integer(from.text(row)) : whole(from, *call.types[0], row);
    if (value && range.holds(*value)) {
      call.result.integers[row] = *value;
    } else {
      call.absent(row);
    }
  }
}

std::optional<Decimal> decimal_of(const Call& call, std::size_t row) {
  const Cells& from = *call.arguments[0];
  const plan::Type& type = call.type;
  if (from.storage == Storage::Bytes) {
    return parse_decimal(from.text(row), type.precision, type.scale);
  }
  const bool is_integer = from.storage == Storage::Integers;
  const Decimal digits = is_integer ? Decimal{from.integer(row)} : from.decimal(row);
  const auto value = rescaled(digits, is_integer ? 0 : call.types[0]->scale, type.scale);
  const Decimal limit = power_of_ten(type.precision);
  return value && *value<limit&& * value> - limit ? value : std::nullopt;
}

void to_decimal(const Call& call) {
  for (const std::uint32_t row : call.rows) {
    if (const auto value = decimal_of(call, row)) {
      call.result.decimals[row] = *value;
    } else {
      call.absent(row);
    }
  }
}

// `true` and `1`, `false` and `0`: the spellings of stores and of `to_text`.
void to_bool(const Call& call) {
  for (const std::uint32_t row : call.rows) {
    const std::string_view text = call.text(0, row);
    if (text == "true" || text == "1") {
      call.result.integers[row] = 1;
    } else if (text == "false" || text == "0") {
      call.result.integers[row] = 0;
    } else {
      call.absent(row);
    }
  }
}

void try_text(const Call& call) {
  const std::size_t most = call.type.length;
  for (const std::uint32_t row : call.rows) {
    const std::string_view text = call.text(0, row);
    const bool fits = text.size() <= most || count_code_points(text).value_or(most + 1) <= most;
    if (fits) {
      call.result.texts[row] = text;
    } else {
      call.absent(row);
    }
  }
}

void try_one_of(const Call& call) {
  const auto& members = call.type.members;
  for (const std::uint32_t row : call.rows) {
    const auto found = std::ranges::find(members, call.text(0, row));
    if (found == members.end()) {
      call.absent(row);
    } else {
      call.result.integers[row] = found - members.begin();
    }
  }
}

std::string_view integer_text(const Call& call, std::int64_t value) {
  char digits[24];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  assert(error == std::errc());
  return call.arena.keep({digits, static_cast<std::size_t>(end - digits)});
}

std::string_view spelling(const Call& call, std::size_t row) {
  const Cells& from = *call.arguments[0];
  const plan::Type& type = *call.types[0];
  switch (type.base) {
    case Base::Bool:
      return from.integer(row) != 0 ? "true" : "false";
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return integer_text(call, from.integer(row));
    case Base::Decimal:
      return call.arena.keep(print_decimal(from.decimal(row), type.scale));
    case Base::Uuid:
      return call.arena.keep(print_uuid(from.text(row)));
    case Base::Date:
      return call.arena.keep(print_date(from.integer(row)));
    case Base::Time:
      return call.arena.keep(print_time(from.integer(row)));
    case Base::Timestamp:
      return call.arena.keep(print_timestamp(from.integer(row)));
    case Base::Text:
    case Base::Json:
      return from.text(row);
    case Base::F64:
    case Base::Bytes:
    case Base::OneOf:
    case Base::List:
      break;
  }
  assert(false && "the compiler spells only what has one spelling");
  return {};
}

}  // namespace

void apply_conversion(const Call& call) {
  switch (call.function) {
    case Function::ToText:
    case Function::UuidText:
      for (const std::uint32_t row : call.rows)
        call.result.texts[row] = spelling(call, row);
      return;
    case Function::ToI64:
    case Function::TryI16:
    case Function::TryI32:
      return to_integer(call, range_of(call.type.base));
    case Function::ToDecimal:
    case Function::TryDecimal:
      return to_decimal(call);
    case Function::ToBool:
      return to_bool(call);
    case Function::TryText:
      return try_text(call);
    case Function::TryOneOf:
      return try_one_of(call);
    default:
      break;
  }
  assert(false && "a conversion is wanted");
}

}  // namespace mig::runtime
