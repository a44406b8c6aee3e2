// Integers and decimals, checked and exact. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/plan/types.hpp"
#include "runtime/data/batch.hpp"

namespace mig::runtime {

struct IntegerRange {
  std::int64_t least;
  std::int64_t most;
  bool holds(std::int64_t value) const { return value >= least && value <= most; }
};
IntegerRange range_of(plan::Base base);

// 10^38 - 1 of either sign: what 38 digits hold.
bool has_38_digits_at_most(Decimal value);
Decimal power_of_ten(int exponent);  // 0 to 38

// The same number with `to` places; nothing where digits would be lost or do not fit.
std::optional<Decimal> rescaled(Decimal value, int from, int to);

// a·10^-a_scale times b·10^-b_scale with `scale` places; nothing where it does not fit exactly.
std::optional<Decimal> product(Decimal a, int a_scale, Decimal b, int b_scale, int scale);

// Truncated towards zero at `scale` places; nothing where it does not fit. REQUIRES: b != 0.
std::optional<Decimal> quotient(Decimal a, int a_scale, Decimal b, int b_scale, int scale);

}  // namespace mig::runtime
