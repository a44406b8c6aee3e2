#include "runtime/stores/redis_text.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "runtime/data/decimal.hpp"
#include "runtime/data/iso_time.hpp"
#include "runtime/data/json_parts.hpp"
#include "runtime/data/json_text.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/data/uuid.hpp"

namespace mig::runtime {
namespace {

using plan::Base;

constexpr double kExactInReal = 9007199254740992.0;  // 2^53

Reject misfit(std::string_view what, const plan::Type& type) {
  return {fmt::format("{} for `{}`", what, print(type))};
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// `-12`, `0`: the one way to write a number.
bool is_canonical_integer(std::string_view text) {
  if (text == "0") return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.front() != '0' && std::ranges::all_of(text, is_digit);
}

std::optional<Reject> read_integer(std::string_view text, Column& into, std::int64_t least,
                                   std::int64_t most) {
  if (!is_canonical_integer(text)) return misfit("text that is no integer", into.type());
  std::int64_t value = 0;
  const auto error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
  if (error != std::errc() || value < least || value > most) {
    return misfit("an integer out of range", into.type());
  }
  into.append_integer(value);
  return std::nullopt;
}

std::optional<Reject> read_bool(std::string_view text, Column& into) {
  const bool is_true = text == "1" || text == "true";
  if (!is_true && text != "0" && text != "false") {
    return misfit("text that is no truth value", into.type());
  }
  into.append_integer(is_true ? 1 : 0);
  return std::nullopt;
}

std::optional<Reject> read_real(std::string_view text, Column& into) {
  if (text == "inf" || text == "-inf") {
    into.append_real(text.front() == '-' ? -HUGE_VAL : HUGE_VAL);
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return misfit("a number beyond the range", into.type());
  }
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return misfit("text that is no number", into.type());
  }
  const bool is_whole = text.find_first_of(".eE") == std::string_view::npos;
  if (is_whole && std::abs(value) > kExactInReal) {
    return misfit("an integer beyond 2^53", into.type());
  }
  into.append_real(value);
  return std::nullopt;
}

std::optional<Reject> read_characters(std::string_view text, Column& into) {
  if (auto reject = judge_length(count_code_points(text), into.type())) return reject;
  into.append_bytes(text);
  return std::nullopt;
}

std::optional<Reject> read_when(std::string_view text, Column& into,
                                std::optional<std::int64_t> (*parse)(std::string_view)) {
  const auto value = parse(text);
  if (!value) return misfit("text in another form", into.type());
  into.append_integer(*value);
  return std::nullopt;
}

std::optional<Reject> read_decimal(std::string_view text, Column& into) {
  const auto value = parse_decimal(text, into.type().precision, into.type().scale);
  if (!value) return misfit("text without an exact value", into.type());
  into.append_decimal(*value);
  return std::nullopt;
}

std::optional<Reject> read_uuid(std::string_view text, Column& into) {
  const auto bytes = parse_uuid(text);
  if (!bytes) return misfit("text that is no lower-case uuid", into.type());
  into.append_bytes(*bytes);
  return std::nullopt;
}

std::optional<Reject> read_word(std::string_view text, Column& into) {
  const auto& members = into.type().members;
  const auto found = std::ranges::find(members, text);
  if (found == members.end()) return misfit("text that is no member", into.type());
  into.append_integer(found - members.begin());
  return std::nullopt;
}

// Appends what `form` makes of a value that it can print.
std::optional<Reject> print_when(const Column& from, std::size_t row, std::string& out,
                                 bool (*is_printable)(std::int64_t),
                                 std::string (*form)(std::int64_t)) {
  const std::int64_t value = from.integer(row);
  if (!is_printable(value)) return misfit("a value without a form", from.type());
  out += form(value);
  return std::nullopt;
}

std::optional<Reject> print_real(const Column& from, std::size_t row, std::string& out) {
  const double value = from.real(row);
  if (std::isnan(value)) return misfit("not a number", from.type());
  std::string digits = fmt::format("{}", value);
  // So that a whole number is read as what it was, however large.
  if (std::abs(value) > kExactInReal && digits.find_first_of(".einf") == digits.npos) {
    digits += ".0";
  }
  out += digits;
  return std::nullopt;
}

}  // namespace

std::optional<Reject> judge_length(std::optional<std::size_t> code_points, const plan::Type& type) {
  if (!code_points) return misfit("text that is not UTF-8", type);
  if (type.length == 0 || *code_points <= type.length) return std::nullopt;
  return misfit(fmt::format("text of {} characters", *code_points), type);
}

std::optional<Reject> read_text(std::string_view text, Column& into) {
  switch (into.type().base) {
    case Base::Bool:
      return read_bool(text, into);
    case Base::I16:
      return read_integer(text, into, INT16_MIN, INT16_MAX);
    case Base::I32:
      return read_integer(text, into, INT32_MIN, INT32_MAX);
    case Base::I64:
      return read_integer(text, into, INT64_MIN, INT64_MAX);
    case Base::Decimal:
      return read_decimal(text, into);
    case Base::F64:
      return read_real(text, into);
    case Base::Text:
      return read_characters(text, into);
    case Base::Bytes:
      into.append_bytes(text);
      return std::nullopt;
    case Base::Uuid:
      return read_uuid(text, into);
    case Base::Date:
      return read_when(text, into, parse_date);
    case Base::Time:
      return read_when(text, into, parse_time);
    case Base::Timestamp:
      return read_when(text, into, parse_timestamp);
    case Base::Json:
      if (!is_json(text)) return misfit("text that is no JSON", into.type());
      into.append_bytes(text);
      return std::nullopt;
    case Base::OneOf:
      return read_word(text, into);
    case Base::List:
      if (!is_json(text)) return misfit("text that is no JSON array", into.type());
      return read_json(trim_json(text), into);
  }
  assert(false && "every base is read");
  return std::nullopt;
}

std::optional<Reject> print_text(const Column& from, std::size_t row, std::string& out) {
  assert(!from.is_null(row));
  const plan::Type& type = from.type();
  switch (type.base) {
    case Base::Bool:
    case Base::I16:
    case Base::I32:
    case Base::I64:
      fmt::format_to(std::back_inserter(out), "{}", from.integer(row));
      return std::nullopt;
    case Base::Decimal:
      out += print_decimal(from.decimal(row), type.scale);
      return std::nullopt;
    case Base::F64:
      return print_real(from, row, out);
    case Base::Text:
    case Base::Bytes:
    case Base::Json:
      out += from.bytes(row);
      return std::nullopt;
    case Base::Uuid:
      out += print_uuid(from.bytes(row));
      return std::nullopt;
    case Base::Date:
      return print_when(from, row, out, is_printable_date, print_date);
    case Base::Time:
      return print_when(from, row, out, is_printable_time, print_time);
    case Base::Timestamp:
      return print_when(from, row, out, is_printable_timestamp, print_timestamp);
    case Base::OneOf:
      out += type.members.at(static_cast<std::size_t>(from.integer(row)));
      return std::nullopt;
    case Base::List:
      return print_json(from, row, out);
  }
  assert(false && "every base is written");
  return std::nullopt;
}

}  // namespace mig::runtime
