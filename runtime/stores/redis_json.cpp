#include <cassert>
#include <cmath>

#include <fmt/format.h>

#include "runtime/data/json_parts.hpp"
#include "runtime/data/json_path.hpp"
#include "runtime/data/json_text.hpp"
#include "runtime/data/utf8.hpp"
#include "runtime/stores/redis_text.hpp"

namespace mig::runtime {
namespace {

using plan::Base;

constexpr std::string_view kDigits = "0123456789abcdef";

Reject another_kind(const plan::Type& type) {
  return {fmt::format("JSON of another kind for `{}`", print(type))};
}

std::optional<std::string> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kDigits.find(text[i]);
    const std::size_t low = kDigits.find(text[i + 1]);
    if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::optional<Reject> read_array(std::string_view json, Column& into) {
  if (!json.starts_with('[')) return another_kind(into.type());
  Column& items = into.element();
  const std::size_t before = items.size();
  for (const std::string_view item : json_items(json)) {
    std::optional<Reject> reject;
    if (item == "null" && items.type().optional) {
      items.append_null();
    } else {
      reject = read_json(item, items);
    }
    if (!reject) continue;
    items.shrink(before);
    return Reject{"an item is " + reject->reason};
  }
  into.append_list();
  return std::nullopt;
}

std::optional<Reject> print_array(const Column& from, std::size_t row, std::string& out) {
  const auto [first, end] = from.list(row);
  const Column& items = from.element();
  out += '[';
  for (std::size_t item = first; item < end; ++item) {
    if (item > first) out += ',';
    if (items.is_null(item)) {
      out += "null";
      continue;
    }
    if (auto reject = print_json(items, item, out)) return reject;
  }
  out += ']';
  return std::nullopt;
}

// The JSON null of an optional json item would be read as an absent one.
bool is_lost_null(const Column& from, std::size_t row) {
  return from.type().optional && from.bytes(row) == "null";
}

}  // namespace

std::optional<Reject> read_json(std::string_view json, Column& into) {
  const Base base = into.type().base;
  if (base == Base::Json) {
    into.append_bytes(json);
    return std::nullopt;
  }
  if (base == Base::List) return read_array(json, into);
  const bool is_number = json.starts_with('-') || (json.front() >= '0' && json.front() <= '9');
  const bool is_text = json.front() == '"';
  switch (base) {
    case Base::Bool:
      return is_text || json == "null" ? another_kind(into.type()) : read_text(json, into);
    case Base::I16:
    case Base::I32:
    case Base::I64:
    case Base::F64:
      return is_number ? read_text(json, into) : another_kind(into.type());
    case Base::Decimal:
      if (is_number) return read_text(json, into);
      break;
    default:
      break;
  }
  if (!is_text) return another_kind(into.type());
  const std::string text = json_content(json);
  if (base != Base::Bytes) return read_text(text, into);
  const auto bytes = parse_hex(text);
  if (!bytes) return Reject{"text that is not hexadecimal for `bytes`"};
  into.append_bytes(*bytes);
  return std::nullopt;
}

std::optional<Reject> print_json(const Column& from, std::size_t row, std::string& out) {
  assert(!from.is_null(row));
  switch (from.type().base) {
    case Base::Bool:
      out += from.integer(row) == 1 ? "true" : "false";
      return std::nullopt;
    case Base::F64:
      if (!std::isfinite(from.real(row))) return Reject{"a number that JSON does not have"};
      return print_text(from, row, out);
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return print_text(from, row, out);
    case Base::Json:
      if (!is_json(from.bytes(row))) return Reject{"text that is no JSON"};
      out += from.bytes(row);
      return std::nullopt;
    case Base::List:
      if (const Column& items = from.element(); items.type().base == Base::Json) {
        const auto [first, end] = from.list(row);
        for (std::size_t item = first; item < end; ++item) {
          if (!items.is_null(item) && is_lost_null(items, item)) {
            return Reject{"an item that is the JSON null, which would be read as absent"};
          }
        }
      }
      return print_array(from, row, out);
    case Base::Bytes:
      out += '"';
      for (const char byte : from.bytes(row)) {
        const auto bits = static_cast<unsigned char>(byte);
        out += kDigits[bits >> 4];
        out += kDigits[bits & 15];
      }
      out += '"';
      return std::nullopt;
    case Base::Decimal:
    case Base::Text:
    case Base::Uuid:
    case Base::Date:
    case Base::Time:
    case Base::Timestamp:
    case Base::OneOf:
      break;
  }
  std::string text;
  if (auto reject = print_text(from, row, text)) return reject;
  if (!count_code_points(text)) return Reject{"text that is not UTF-8"};
  append_json_string(text, out);
  return std::nullopt;
}

}  // namespace mig::runtime
