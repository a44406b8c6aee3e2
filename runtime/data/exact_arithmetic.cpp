#include "runtime/data/exact_arithmetic.hpp"

#include <array>
#include <cassert>
#include <limits>

namespace mig::runtime {
namespace {

using Unsigned = unsigned __int128;

Unsigned magnitude(Decimal value) {
  return value < 0 ? -static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
}

std::optional<Decimal> times_ten(Decimal value) {
  Decimal larger = 0;
  if (__builtin_mul_overflow(value, Decimal{10}, &larger)) return std::nullopt;
  return has_38_digits_at_most(larger) ? std::optional(larger) : std::nullopt;
}

}  // namespace

IntegerRange range_of(plan::Base base) {
  if (base == plan::Base::I16) return {INT16_MIN, INT16_MAX};
  if (base == plan::Base::I32) return {INT32_MIN, INT32_MAX};
  return {INT64_MIN, INT64_MAX};
}

Decimal power_of_ten(int exponent) {
  static const std::array<Decimal, 39> kPowers = [] {
    std::array<Decimal, 39> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i)
      powers[i] = powers[i - 1] * 10;
    return powers;
  }();
  return kPowers.at(static_cast<std::size_t>(exponent));
}

bool has_38_digits_at_most(Decimal value) {
  return magnitude(value) < static_cast<Unsigned>(power_of_ten(38));
}

std::optional<Decimal> rescaled(Decimal value, int from, int to) {
  for (; from > to; --from) {
    if (value % 10 != 0) return std::nullopt;
    value /= 10;
  }
  for (; from < to; ++from) {
    const auto larger = times_ten(value);
    if (!larger) return std::nullopt;
    value = *larger;
  }
  return value;
}

std::optional<Decimal> product(Decimal a, int a_scale, Decimal b, int b_scale, int scale) {
  if (a == 0 || b == 0) return 0;
  // Zeros at the end go first, so that a product that fits never overflows on the way.
  for (; a % 10 == 0; a /= 10)
    --a_scale;
  for (; b % 10 == 0; b /= 10)
    --b_scale;
  Decimal result = 0;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return rescaled(result, a_scale + b_scale, scale);
}

std::optional<Decimal> quotient(Decimal a, int a_scale, Decimal b, int b_scale, int scale) {
  assert(b != 0);
  const bool is_negative = (a < 0) != (b < 0);
  const Unsigned divisor = magnitude(b);
  Unsigned result = magnitude(a) / divisor;
  Unsigned rest = magnitude(a) % divisor;
  int places = a_scale - b_scale;
  for (; places < scale; ++places) {  // long division: the rest times ten, digit by digit
    unsigned digit = 0;
    Unsigned sum = 0;
    for (int i = 0; i < 10; ++i) {
      sum += rest;
      if (sum >= divisor) sum -= divisor, ++digit;
    }
    rest = sum;
    if (result >= static_cast<Unsigned>(power_of_ten(37))) return std::nullopt;
    result = result * 10 + digit;
  }
  for (; places > scale; --places)
    result /= 10;
  if (result >= static_cast<Unsigned>(power_of_ten(38))) return std::nullopt;
  const auto value = static_cast<Decimal>(result);
  return is_negative ? -value : value;
}

}  // namespace mig::runtime
