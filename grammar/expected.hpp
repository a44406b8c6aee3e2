// What to say where something is missing: one message for each rule that is written `expect<…>`.
//
// A rule without a message does not compile. Only parse.cpp sees this header.
#pragma once

#include <string_view>

#include "grammar/rules.hpp"

namespace mig::syntax {

struct Expected {
  std::string_view message;
  std::string_view help = {};
};

template <class Rule>
struct ExpectedAt;  // no message: write one below

#define MIG_EXPECTED(rule, ...)                              \
  template <>                                                \
  struct ExpectedAt<rules::rule> {                           \
    static constexpr Expected value = Expected{__VA_ARGS__}; \
  };

MIG_EXPECTED(close_paren, "expected `)` or `,`")
MIG_EXPECTED(close_bracket, "expected `]` or `,`")
MIG_EXPECTED(argument, "expected an argument before `,`")
MIG_EXPECTED(list_item, "expected a value before `,`")
MIG_EXPECTED(paren_item, "expected a value before `,`")
MIG_EXPECTED(argument_value, "expected a value after `:`")
MIG_EXPECTED(argument_loop, "expected a loop after `for`", "write `for d in LIST`")
MIG_EXPECTED(fallback, "expected a value after `=`")
MIG_EXPECTED(field, "expected a name after `.`")
MIG_EXPECTED(negated, "expected a value after `-`")
MIG_EXPECTED(denied, "expected a condition after `not`")
MIG_EXPECTED(if_condition, "expected a condition after `if`")
MIG_EXPECTED(then_part, "expected `then`", "write `if CONDITION then VALUE else VALUE`")
MIG_EXPECTED(else_part, "expected `else`", "an `if` always has a value: add `else VALUE`")
MIG_EXPECTED(then_value, "expected a value after `then`")
MIG_EXPECTED(else_value, "expected a value after `else`")
MIG_EXPECTED(after_arrow, "expected a target after `->`")
MIG_EXPECTED(after_colon, "expected a type or kind after `:`")
MIG_EXPECTED(after_assign, "expected a value after `=`")
MIG_EXPECTED(after_comma, "expected another value after `,`")
#undef MIG_EXPECTED

// Behind an operator the message depends on the operator alone.
template <class Operator>
inline constexpr Expected kExpectedBehind = Expected{"expected a value after the operator"};
template <>
inline constexpr Expected kExpectedBehind<rules::op_range> =
    Expected{"expected the upper bound after `..`"};
template <>
inline constexpr Expected kExpectedBehind<rules::op_fallback> =
    Expected{"expected a fallback value after `??`"};
template <>
inline constexpr Expected kExpectedBehind<rules::op_compare> =
    Expected{"expected a value after the comparison"};
template <>
inline constexpr Expected kExpectedBehind<rules::key_and> =
    Expected{"expected a condition after `and`"};
template <>
inline constexpr Expected kExpectedBehind<rules::key_or> =
    Expected{"expected a condition after `or`"};

template <class Op, class Next>
struct ExpectedAt<rules::operand_of<Op, Next>> {
  static constexpr Expected value = kExpectedBehind<Op>;
};

inline constexpr Expected kExpectedEnd = Expected{"expected the end of the line, `;` or `{`"};
inline constexpr Expected kExpectedStatement = Expected{"expected a declaration or a step"};
inline constexpr Expected kExpectedNoBrace =
    Expected{"there is no block to close here", "remove this `}`"};

}  // namespace mig::syntax
