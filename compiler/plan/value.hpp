// One value of a row, as plans hold it: a constant of an expression, a default, a key in a message.
//
// Rows themselves travel in columns; this is for the single value. Values, safe to share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "compiler/plan/types.hpp"

namespace mig::plan {

// `digits` · 10^-scale, exact. Up to 38 digits.
struct Decimal {
  __int128 digits = 0;
  std::uint8_t scale = 0;
  bool operator==(const Decimal&) const = default;
};

std::string print(const Decimal& value);
// Accepts `-12.50`; refuses exponents, spaces and more than 38 digits.
std::optional<Decimal> parse_decimal(std::string_view text);
// The same number at another scale; absent when digits would be lost or 38 digits do not suffice.
std::optional<Decimal> rescaled(const Decimal& value, std::uint8_t scale);

struct Null {
  bool operator==(const Null&) const = default;
};

// Bool as bool; every integer, date, time and timestamp as int64; text, json, one_of and uuid
// (canonical spelling) and bytes as string. Which of them it is, the Type beside it says.
using Value = std::variant<Null, bool, std::int64_t, Decimal, double, std::string>;

// As the language writes it: `null`, `true`, `42`, `12.50`, `"text"`.
std::string print(const Value& value);

}  // namespace mig::plan
