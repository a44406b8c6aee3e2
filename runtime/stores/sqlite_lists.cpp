#include "runtime/stores/sqlite_lists.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <expected>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/data/json_parts.hpp"
#include "runtime/data/json_text.hpp"
#include "runtime/data/utf8.hpp"

namespace mig::runtime {
namespace {

using nlohmann::json;
using plan::Base;

int digit_of(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  return -1;
}

std::optional<std::string> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_of(text[i]);
    const int low = digit_of(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::expected<SqlCell, Reject> cell_of_number(std::string_view item, Base base) {
  if (base == Base::Decimal) return SqlCell{.storage = StorageClass::Text, .bytes = item};
  std::int64_t integer = 0;
  const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), integer);
  const bool is_whole = item.find_first_of(".eE") == std::string_view::npos;
  if (is_whole && error == std::errc()) {
    return SqlCell{.storage = StorageClass::Integer, .integer = integer};
  }
  // A whole number that no integer holds is none of a double's either: too many digits.
  if (is_whole && base == Base::F64) {
    return SqlCell{.storage = StorageClass::Integer, .integer = INT64_MAX};
  }
  const double real = std::strtod(std::string(item).c_str(), nullptr);
  if (!std::isfinite(real)) return std::unexpected(Reject{"a number beyond the range of `f64`"});
  return SqlCell{.storage = StorageClass::Real, .real = real};
}

// An item as the SQLite cell that would hold it. `memory` keeps a string's text.
std::expected<SqlCell, Reject> cell_of_item(std::string_view item, const plan::Type& type,
                                            std::string& memory) {
  const Base base = type.base;
  if (item == "null" && (base != Base::Json || type.optional)) return SqlCell{};
  if (base == Base::Json || base == Base::List) {
    return SqlCell{.storage = StorageClass::Text, .bytes = item};
  }
  if (item.front() == '"') {
    memory = json::parse(item).get<std::string>();
    if (base != Base::Bytes) return SqlCell{.storage = StorageClass::Text, .bytes = memory};
    const auto bytes = parse_hex(memory);
    if (!bytes) return std::unexpected(Reject{"text that is not hexadecimal for `bytes`"});
    memory = *bytes;
    return SqlCell{.storage = StorageClass::Blob, .bytes = memory};
  }
  if ((item == "true" || item == "false") && base == Base::Bool) {
    return SqlCell{.storage = StorageClass::Integer, .integer = item == "true" ? 1 : 0};
  }
  if (item.front() == '-' || (item.front() >= '0' && item.front() <= '9')) {
    return cell_of_number(item, base);
  }
  return std::unexpected(Reject{fmt::format("JSON of another kind for `{}`", print(type))});
}

std::optional<std::string> print_string(std::string_view text) {
  if (!count_code_points(text)) return std::nullopt;
  return json(text).dump();
}

// With a point or an exponent, so that it is read back as what it was.
std::optional<std::string> print_real(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::optional<std::string> print_item(const Column& from, std::size_t row) {
  if (from.is_null(row)) return "null";
  switch (from.type().base) {
    case Base::Bool:
      return from.integer(row) == 1 ? "true" : "false";
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return std::to_string(from.integer(row));
    case Base::F64:
      return print_real(from.real(row));
    case Base::Bytes: {
      std::string digits;
      for (const char byte : from.bytes(row)) {
        digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
      }
      return "\"" + digits + "\"";
    }
    case Base::Json:
      if (!is_json(from.bytes(row))) return std::nullopt;
      return std::string(from.bytes(row));
    case Base::List:
      return print_list(from, row);
    case Base::Decimal:
    case Base::Text:
    case Base::Uuid:
    case Base::Date:
    case Base::Time:
    case Base::Timestamp:
    case Base::OneOf:
      break;
  }
  const auto text = text_form(from, row);
  if (!text) return std::nullopt;
  return print_string(*text);
}

}  // namespace

std::optional<Reject> read_list(std::string_view text, Column& into) {
  if (!is_json(text) || !trim_json(text).starts_with('[')) {
    return Reject{fmt::format("text that is no JSON array for `{}`", print(into.type()))};
  }
  const std::size_t before = into.element().size();
  std::string memory;
  for (const std::string_view item : json_items(trim_json(text))) {
    const auto cell = cell_of_item(item, into.element().type(), memory);
    const auto reject = cell ? read_cell(*cell, into.element()) : cell.error();
    if (!reject) continue;
    into.element().shrink(before);
    return Reject{"an item is " + reject->reason};
  }
  into.append_list();
  return std::nullopt;
}

std::optional<std::string> print_list(const Column& from, std::size_t row) {
  const auto [first, end] = from.list(row);
  std::string text = "[";
  for (std::size_t item = first; item < end; ++item) {
    const auto printed = print_item(from.element(), item);
    if (!printed) return std::nullopt;
    if (item > first) text += ',';
    text += *printed;
  }
  return text + ']';
}

}  // namespace mig::runtime
