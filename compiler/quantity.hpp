// Reads number literals: digits and a unit become one exact integer in the unit's base.
//
// Pure: knows the spellings of units and nothing else. What is wrong with a literal is said in
// words, so that the caller can point at it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "compiler/plan/units.hpp"
#include "compiler/plan/value.hpp"

namespace mig::compiler {

// `1.25`: a number with a point has no unit here; it is a constant of transforms.
using NumberLiteral = std::variant<plan::Quantity, plan::Decimal>;

struct LiteralMistake {
  bool unknown_unit = false;  // else the number itself does not fit
  std::string what;           // the unit as written, or one clause about the number
  std::string help;           // may be empty
  std::string meant;          // what to write instead of the whole literal; may be empty
};

// `5%`, `10MB`, `2_000 rows`, `5_000 rows/s`, `250ms`, `1_000`, `1.25`; a `-` in front belongs to
// the number, or the smallest one could not be written
std::expected<NumberLiteral, LiteralMistake> read_quantity(std::string_view raw);
// `1h30m`
std::expected<plan::Quantity, LiteralMistake> read_compound(std::string_view raw);
// `2026-12-01`, `2026-12-01T22:00:00Z`; an offset is refused with the hint to write Z
std::expected<plan::Quantity, LiteralMistake> read_timestamp(std::string_view raw);
// `22:00`
std::expected<plan::Quantity, LiteralMistake> read_time_of_day(std::string_view raw);

}  // namespace mig::compiler
