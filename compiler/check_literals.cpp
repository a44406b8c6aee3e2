// The literals of the expression checker: of the type that the place wants, else of their own.
#include <algorithm>
#include <cassert>
#include <string>

#include "compiler/check_expr.hpp"
#include "compiler/names.hpp"
#include "compiler/quantity.hpp"

namespace mig::compiler {
namespace {

using plan::Base;
using plan::Type;

plan::Expr constant(Type type, plan::Value value) {
  return plan::Expr{std::move(type), plan::Constant{std::move(value)}};
}

// The same number with the digits of a decimal type, if it has room for them.
std::optional<plan::Decimal> as_decimal(const plan::Decimal& number, const Type& type) {
  if (type.base != Base::Decimal) return std::nullopt;
  const auto scaled = rescaled(number, type.scale);
  if (!scaled) return std::nullopt;
  __int128 limit = 1;
  for (int i = 0; i < type.precision; ++i)
    limit *= 10;
  return -limit < scaled->digits && scaled->digits < limit ? scaled : std::nullopt;
}

std::uint32_t code_points(std::string_view text) {
  std::uint32_t count = 0;
  for (const char c : text)
    count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

bool fits_integer(std::int64_t value, Base base) {
  if (base == Base::I16) return value >= INT16_MIN && value <= INT16_MAX;
  if (base == Base::I32) return value >= INT32_MIN && value <= INT32_MAX;
  return true;
}

}  // namespace

std::optional<plan::Expr> ExprChecker::literal(const syntax::Literal& literal,
                                               const syntax::Expr& at, const Type* wanted) {
  const Type goal = wanted == nullptr ? Type::text() : wanted->as_optional(false);
  switch (literal.kind) {
    case syntax::LiteralKind::Text:
    case syntax::LiteralKind::BlockText: {
      if (wanted != nullptr && goal.base == Base::OneOf) {
        for (const std::string& member : goal.members) {
          if (member == literal.value) return constant(goal, literal.value);
        }
        analysis_.diagnostics.report(at.span, diag::TypeMismatch, print(goal), literal.raw)
            .help(did_you_mean(literal.value, goal.members));
        return std::nullopt;
      }
      const std::uint32_t length = std::max<std::uint32_t>(1, code_points(literal.value));
      return constant(Type::text(length), literal.value);
    }
    case syntax::LiteralKind::Timestamp: {
      const auto instant = read_timestamp(literal.raw);
      if (!instant) {
        analysis_.diagnostics.report(at.span, diag::BadNumber, instant.error().what)
            .help(instant.error().help);
        return std::nullopt;
      }
      if (literal.raw.size() == 10 && goal.base != Base::Timestamp) {
        return constant(Type::of(Base::Date), instant->value / 86'400'000'000);
      }
      return constant(Type::of(Base::Timestamp), instant->value);
    }
    case syntax::LiteralKind::TimeOfDay: {
      const auto time = read_time_of_day(literal.raw);
      if (time) return constant(Type::of(Base::Time), time->value);
      analysis_.diagnostics.report(at.span, diag::BadNumber, time.error().what);
      return std::nullopt;
    }
    case syntax::LiteralKind::Compound:
    case syntax::LiteralKind::Quantity:
      return number(literal, at, wanted, false);
  }
  assert(false && "every literal is of one of these kinds");
  return std::nullopt;
}

std::optional<plan::Expr> ExprChecker::number(const syntax::Literal& literal,
                                              const syntax::Expr& at, const Type* wanted,
                                              bool is_negative) {
  const Type goal = wanted == nullptr ? Type::text() : wanted->as_optional(false);
  const auto read =
      literal.kind == syntax::LiteralKind::Quantity
          ? read_quantity((is_negative ? "-" : "") + literal.raw)
          : std::unexpected(LiteralMistake{false, "has a unit", "rows have no units"});
  if (!read) {
    const LiteralMistake& mistake = read.error();
    if (mistake.unknown_unit) {
      analysis_.diagnostics.report(at.span, diag::UnknownUnit, mistake.what)
          .help("rows have no units");
    } else {
      analysis_.diagnostics.report(at.span, diag::BadNumber, mistake.what).help(mistake.help);
    }
    return std::nullopt;
  }
  if (const auto* decimal = std::get_if<plan::Decimal>(&*read)) {
    if (wanted != nullptr && goal.base == Base::F64) {
      return constant(goal, std::stod(print(*decimal)));
    }
    if (const auto fitted = as_decimal(*decimal, goal)) return constant(goal, *fitted);
    const std::size_t marks = is_negative ? 2 : 1;  // the point, and the sign
    const auto digits = static_cast<std::uint8_t>(print(*decimal).size() - marks);
    return constant(Type::decimal(std::min<std::uint8_t>(digits, 38), decimal->scale), *decimal);
  }
  const auto& quantity = std::get<plan::Quantity>(*read);
  if (quantity.unit != plan::Unit::Number) {
    analysis_.diagnostics.report(at.span, diag::BadNumber, "has a unit").help("rows have no units");
    return std::nullopt;
  }
  if (wanted != nullptr && goal.is_integer() && fits_integer(quantity.value, goal.base)) {
    return constant(goal, quantity.value);
  }
  if (const auto fitted = as_decimal(plan::Decimal{quantity.value, 0}, goal)) {
    return constant(goal, *fitted);
  }
  if (wanted != nullptr && goal.base == Base::F64) {
    return constant(goal, static_cast<double>(quantity.value));
  }
  return constant(Type::of(Base::I64), quantity.value);
}

}  // namespace mig::compiler
