#include "runtime/data/decimal.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr int kExactDigits = 15;  // every decimal of so many digits survives a double

// digits * 10^exponent, as a number of `scale` places. Nothing when it does not fit.
std::optional<Decimal> assemble(bool is_negative, std::string_view digits, int exponent,
                                int precision, int scale) {
  while (!digits.empty() && digits.front() == '0')
    digits.remove_prefix(1);
  while (!digits.empty() && digits.back() == '0') {
    digits.remove_suffix(1);
    ++exponent;
  }
  if (digits.empty()) return 0;
  const int zeros = exponent + scale;  // to write behind the digits
  if (zeros < 0 || static_cast<int>(digits.size()) + zeros > precision) return std::nullopt;
  Decimal value = 0;
  for (const char digit : digits)
    value = value * 10 + (digit - '0');
  for (int i = 0; i < zeros; ++i)
    value *= 10;
  return is_negative ? -value : value;
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text, std::uint8_t precision,
                                     std::uint8_t scale) {
  assert(precision >= 1 && precision <= 38 && scale <= precision);
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto places = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (whole.empty() || !all_digits(whole) || !all_digits(places)) return std::nullopt;
  if (point != std::string_view::npos && places.empty()) return std::nullopt;
  if (text.size() > 4096) return std::nullopt;
  const std::string digits = std::string(whole) + std::string(places);
  return assemble(is_negative, digits, -static_cast<int>(places.size()), precision, scale);
}

std::optional<Decimal> decimal_from_real(double value, std::uint8_t precision, std::uint8_t scale) {
  if (!std::isfinite(value)) return std::nullopt;
  // The shortest text that reads back as the same double: -1.25e+03
  std::array<char, 40> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                          std::chars_format::scientific);
  assert(error == std::errc());
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto mark = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(mark + 1)).c_str());
  std::string digits(text.substr(0, mark));
  if (digits.size() > 1) digits.erase(1, 1);  // the point
  if (static_cast<int>(digits.size()) > kExactDigits) return std::nullopt;
  const int places = static_cast<int>(digits.size()) - 1;
  return assemble(is_negative, digits, exponent - places, precision, scale);
}

std::string print_decimal(Decimal value, std::uint8_t scale) {
  const bool is_negative = value < 0;
  // Digit by digit: the smallest value has no positive counterpart.
  std::string digits;
  for (; value != 0; value /= 10) {
    const int digit = static_cast<int>(value % 10);
    digits.insert(digits.begin(), static_cast<char>('0' + (digit < 0 ? -digit : digit)));
  }
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return (is_negative ? "-" : "") + digits;
}

}  // namespace mig::runtime
