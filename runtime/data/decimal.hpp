// Decimals as text and back, exact: nothing is rounded, nothing cut off. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/data/batch.hpp"

namespace mig::runtime {

// `-12.50`: a sign or none, digits, and maybe a point with digits behind it. Nothing when the text
// is no decimal or does not fit: more than `scale` places (zeros at the end do not count) or more
// than `precision` digits in all.
std::optional<Decimal> parse_decimal(std::string_view text, std::uint8_t precision,
                                     std::uint8_t scale);

// Only where the double has at most 15 significant digits, so that it means one decimal.
std::optional<Decimal> decimal_from_real(double value, std::uint8_t precision, std::uint8_t scale);

// With all `scale` places: `12.50`.
std::string print_decimal(Decimal value, std::uint8_t scale);

}  // namespace mig::runtime
