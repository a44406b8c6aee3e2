#include "compiler/plan/value.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {
namespace {

constexpr int kMaxDigits = 38;

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        quoted += c;
    }
  }
  return quoted + '"';
}

int digit_count(__int128 value) {
  int count = 0;
  for (; value != 0; value /= 10)
    ++count;
  return count;
}

}  // namespace

std::string print(const Decimal& value) {
  const bool negative = value.digits < 0;
  std::string reversed;
  for (__int128 rest = negative ? -value.digits : value.digits; rest != 0; rest /= 10) {
    reversed += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  while (reversed.size() <= value.scale)
    reversed += '0';
  std::string text(reversed.rbegin(), reversed.rend());
  if (value.scale > 0) text.insert(text.size() - value.scale, 1, '.');
  return negative ? "-" + text : text;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Decimal value;
  bool behind_point = false;
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !behind_point && i > 0 && i + 1 < text.size()) {
      behind_point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    if (value.digits != 0 || c != '0') ++digits;
    if (digits > kMaxDigits) return std::nullopt;
    value.digits = value.digits * 10 + (c - '0');
    if (behind_point) {
      if (value.scale == kMaxDigits) return std::nullopt;
      ++value.scale;
    }
  }
  if (text.empty()) return std::nullopt;
  if (negative) value.digits = -value.digits;
  return value;
}

std::optional<Decimal> rescaled(const Decimal& value, std::uint8_t scale) {
  assert(scale <= kMaxDigits);
  Decimal result = value;
  for (; result.scale > scale; --result.scale) {
    if (result.digits % 10 != 0) return std::nullopt;
    result.digits /= 10;
  }
  for (; result.scale < scale; ++result.scale) {
    if (digit_count(result.digits) >= kMaxDigits) return std::nullopt;
    result.digits *= 10;
  }
  return result;
}

std::string print(const Value& value) {
  return std::visit(Overloaded{
                        [](const Null&) { return std::string("null"); },
                        [](bool b) { return std::string(b ? "true" : "false"); },
                        [](std::int64_t i) { return fmt::format("{}", i); },
                        [](const Decimal& d) { return print(d); },
                        [](double d) { return fmt::format("{}", d); },
                        [](const std::string& text) { return quote(text); },
                    },
                    value);
}

}  // namespace mig::plan
