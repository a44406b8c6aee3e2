// PostgreSQL's numeric in binary, exact both ways: groups of four decimal digits, the power of
// 10,000 of the first one, a sign, and the number of places to show.
//
// Used by postgres_types. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "runtime/data/batch.hpp"

namespace mig::runtime {

enum class NumericFlaw { Malformed, NotANumber, Infinite, TooManyPlaces, TooManyDigits };

// With `scale` places and at most `precision` digits in all; zeros behind them do not count.
std::expected<Decimal, NumericFlaw> read_numeric(std::string_view bytes, int precision, int scale);

// The bytes alone, without their length.
void append_numeric(std::string& out, Decimal value, int scale);

// Whether a column of numeric(precision, column_scale) keeps a value with `scale` places as it is.
bool keeps_numeric(Decimal value, int scale, int precision, int column_scale);

}  // namespace mig::runtime
