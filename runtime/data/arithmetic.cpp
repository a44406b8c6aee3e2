// `+ - * /` and the sign: checked for integers, exact for decimals, finite for reals.
#include <cassert>
#include <cmath>

#include <fmt/format.h>

#include "runtime/data/exact_arithmetic.hpp"
#include "runtime/data/function_call.hpp"

namespace mig::runtime {
namespace {

using plan::Function;

std::string_view sign_of(Function function) {
  switch (function) {
    case Function::Add:
      return "+";
    case Function::Subtract:
    case Function::Negate:
      return "-";
    case Function::Multiply:
      return "*";
    default:
      return "/";
  }
}

void reject_overflow(const Call& call, std::size_t row, std::string_view kind) {
  call.reject(row, fmt::format("{} overflow in `{}`", kind, sign_of(call.function)));
}

// `compute(a, b, &result)` says whether 64 bits were too few.
template <class Compute>
void integers(const Call& call, Compute compute) {
  const IntegerRange range = range_of(call.type.base);
  const Cells& a = *call.arguments[0];
  const Cells& b = *call.arguments[1];
  for (const std::uint32_t row : call.rows) {
    std::int64_t value = 0;
    if (compute(a.integer(row), b.integer(row), &value) || !range.holds(value)) {
      reject_overflow(call, row, "integer");
    } else {
      call.result.integers[row] = value;
    }
  }
}

void divide_integers(const Call& call) {
  const IntegerRange range = range_of(call.type.base);
  for (const std::uint32_t row : call.rows) {
    const std::int64_t a = call.arguments[0]->integer(row);
    const std::int64_t b = call.arguments[1]->integer(row);
    if (b == 0) {
      call.reject(row, "division by zero in `/`");
    } else if (b == -1 && a == range.least) {
      reject_overflow(call, row, "integer");
    } else {
      call.result.integers[row] = a / b;
    }
  }
}

void negate_integers(const Call& call) {
  const IntegerRange range = range_of(call.type.base);
  for (const std::uint32_t row : call.rows) {
    const std::int64_t a = call.arguments[0]->integer(row);
    if (a == range.least) {
      reject_overflow(call, row, "integer");
    } else {
      call.result.integers[row] = -a;
    }
  }
}

void apply_integers(const Call& call) {
  switch (call.function) {
    case Function::Add:
      return integers(call, [](std::int64_t a, std::int64_t b, std::int64_t* out) {
        return __builtin_add_overflow(a, b, out);
      });
    case Function::Subtract:
      return integers(call, [](std::int64_t a, std::int64_t b, std::int64_t* out) {
        return __builtin_sub_overflow(a, b, out);
      });
    case Function::Multiply:
      return integers(call, [](std::int64_t a, std::int64_t b, std::int64_t* out) {
        return __builtin_mul_overflow(a, b, out);
      });
    case Function::Divide:
      return divide_integers(call);
    default:
      return negate_integers(call);
  }
}

std::optional<Decimal> sum(Decimal a, int a_scale, Decimal b, int b_scale, int scale) {
  const auto left = rescaled(a, a_scale, scale);
  const auto right = rescaled(b, b_scale, scale);
  if (!left || !right) return std::nullopt;
  const Decimal value = *left + *right;  // two times 38 digits fit in 127 bits
  return has_38_digits_at_most(value) ? std::optional(value) : std::nullopt;
}

void apply_decimals(const Call& call) {
  const int scale = call.type.scale;
  const int a_scale = call.types[0]->scale;
  const bool is_unary = call.function == Function::Negate;
  const int b_scale = is_unary ? 0 : call.types[1]->scale;
  const Decimal limit = power_of_ten(call.type.precision);
  for (const std::uint32_t row : call.rows) {
    const Decimal a = call.arguments[0]->decimal(row);
    const Decimal b = is_unary ? 0 : call.arguments[1]->decimal(row);
    std::optional<Decimal> value;
    switch (call.function) {
      case Function::Add:
        value = sum(a, a_scale, b, b_scale, scale);
        break;
      case Function::Subtract:
        value = sum(a, a_scale, -b, b_scale, scale);
        break;
      case Function::Negate:
        value = rescaled(-a, a_scale, scale);
        break;
      case Function::Multiply:
        value = product(a, a_scale, b, b_scale, scale);
        break;
      default:
        if (b == 0) {
          call.reject(row, "division by zero in `/`");
          continue;
        }
        value = quotient(a, a_scale, b, b_scale, scale);
    }
    if (!value || *value >= limit || *value <= -limit) {
      reject_overflow(call, row, "decimal");
    } else {
      call.result.decimals[row] = *value;
    }
  }
}

void apply_reals(const Call& call) {
  const bool is_unary = call.function == Function::Negate;
  for (const std::uint32_t row : call.rows) {
    const double a = call.arguments[0]->real(row);
    const double b = is_unary ? 0 : call.arguments[1]->real(row);
    double value = 0;
    switch (call.function) {
      case Function::Add:
        value = a + b;
        break;
      case Function::Subtract:
        value = a - b;
        break;
      case Function::Negate:
        value = -a;
        break;
      case Function::Multiply:
        value = a * b;
        break;
      default:
        if (b == 0) {
          call.reject(row, "division by zero in `/`");
          continue;
        }
        value = a / b;
    }
    if (!std::isfinite(value)) {
      reject_overflow(call, row, "real");
    } else {
      call.result.reals[row] = value;
    }
  }
}

}  // namespace

void apply_arithmetic(const Call& call) {
  switch (storage_of(call.type.base)) {
    case Storage::Integers:
      return apply_integers(call);
    case Storage::Decimals:
      return apply_decimals(call);
    case Storage::Reals:
      return apply_reals(call);
    case Storage::Bytes:
    case Storage::List:
      break;
  }
  assert(false && "the compiler computes with numbers only");
}

}  // namespace mig::runtime
