#include "runtime/data/decimal.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>

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

// The usual case without a text in between. A decimal of at most 15 digits survives a double
// (kExactDigits); division rounds correctly, so the quotient is the double that this decimal reads
// as, and where it is the value, no other decimal of so few digits is.
std::optional<Decimal> small_decimal_of(double value, int precision, int scale) {
  constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  constexpr double kMost[] = {1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                              1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  if (scale >= static_cast<int>(std::size(kPowers))) return std::nullopt;
  const double whole = std::nearbyint(value * kPowers[scale]);
  const bool fits = std::fabs(whole) < kMost[std::min(precision, kExactDigits) - 1];
  if (!fits || whole / kPowers[scale] != value) return std::nullopt;
  return static_cast<Decimal>(static_cast<std::int64_t>(whole));
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
  if (const auto small = small_decimal_of(value, precision, scale)) return small;
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
  std::array<char, 48> buffer;  // 39 digits, the point, a sign, and zeros up to the scale
  char* const end = buffer.data() + buffer.size();
  char* at = end;
  // From the last digit on. The smallest value has no positive counterpart, so the unsigned one.
  auto rest =
      value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  for (int place = 0; rest != 0 || place <= scale; ++place) {
    if (place == scale && scale > 0) *--at = '.';
    if (rest <= UINT64_MAX) {  // the usual case, and a much cheaper division
      const auto small = static_cast<std::uint64_t>(rest);
      *--at = static_cast<char>('0' + small % 10);
      rest = small / 10;
    } else {
      *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
      rest /= 10;
    }
  }
  if (value < 0) *--at = '-';
  return {at, end};
}

}  // namespace mig::runtime
