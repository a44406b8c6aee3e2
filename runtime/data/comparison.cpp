// Comparisons, `in`, `not` and `?`. Text is compared byte by byte, which is by code point.
#include <cassert>

#include "runtime/data/function_call.hpp"

namespace mig::runtime {
namespace {

using plan::Function;

// Calls `visit` with a function that gives the value of a cell.
template <class Visit>
void with_values(Storage storage, Visit visit) {
  switch (storage) {
    case Storage::Integers:
      return visit([](const Cells& cells, std::size_t row) { return cells.integer(row); });
    case Storage::Decimals:
      return visit([](const Cells& cells, std::size_t row) { return cells.decimal(row); });
    case Storage::Reals:
      return visit([](const Cells& cells, std::size_t row) { return cells.real(row); });
    case Storage::Bytes:
      return visit([](const Cells& cells, std::size_t row) { return cells.text(row); });
    case Storage::List:
      break;
  }
  assert(false && "the compiler compares no lists");
}

// Absent equals absent, and nothing else.
void compare_equal(const Call& call, bool wanted) {
  const Cells& a = *call.arguments[0];
  const Cells& b = *call.arguments[1];
  const bool looks = a.nullable || b.nullable;
  with_values(a.storage, [&](auto value) {
    for (const std::uint32_t row : call.rows) {
      bool equal = false;
      if (looks && !(a.is_present(row) && b.is_present(row))) {
        equal = a.is_present(row) == b.is_present(row);
      } else {
        equal = value(a, row) == value(b, row);
      }
      call.result.integers[row] = equal == wanted ? 1 : 0;
    }
  });
}

template <class Holds>
void compare(const Call& call, Holds holds) {
  const Cells& a = *call.arguments[0];
  const Cells& b = *call.arguments[1];
  with_values(a.storage, [&](auto value) {
    for (const std::uint32_t row : call.rows)
      call.result.integers[row] = holds(value(a, row), value(b, row)) ? 1 : 0;
  });
}

void compare_within(const Call& call) {
  const Cells& a = *call.arguments[0];
  with_values(a.storage, [&](auto value) {
    for (const std::uint32_t row : call.rows) {
      const auto x = value(a, row);
      const bool holds = value(*call.arguments[1], row) <= x && x <= value(*call.arguments[2], row);
      call.result.integers[row] = holds ? 1 : 0;
    }
  });
}

void compare_list(const Call& call) {
  const Cells& a = *call.arguments[0];
  with_values(a.storage, [&](auto value) {
    for (const std::uint32_t row : call.rows) {
      const auto x = value(a, row);
      bool found = false;
      for (std::size_t i = 1; i < call.arguments.size() && !found; ++i)
        found = value(*call.arguments[i], row) == x;
      call.result.integers[row] = found ? 1 : 0;
    }
  });
}

}  // namespace

void apply_comparison(const Call& call) {
  const Cells& a = *call.arguments[0];
  switch (call.function) {
    case Function::Equal:
      return compare_equal(call, true);
    case Function::NotEqual:
      return compare_equal(call, false);
    case Function::Less:
      return compare(call, [](const auto& x, const auto& y) { return x < y; });
    case Function::LessOrEqual:
      return compare(call, [](const auto& x, const auto& y) { return x <= y; });
    case Function::Greater:
      return compare(call, [](const auto& x, const auto& y) { return x > y; });
    case Function::GreaterOrEqual:
      return compare(call, [](const auto& x, const auto& y) { return x >= y; });
    case Function::Within:
      return compare_within(call);
    case Function::OneOfList:
      return compare_list(call);
    case Function::Not:
      for (const std::uint32_t row : call.rows)
        call.result.integers[row] = a.integer(row) == 0 ? 1 : 0;
      return;
    case Function::Present:
      for (const std::uint32_t row : call.rows)
        call.result.integers[row] = a.is_present(row) ? 1 : 0;
      return;
    default:
      break;
  }
  assert(false && "a comparison is wanted");
}

}  // namespace mig::runtime
