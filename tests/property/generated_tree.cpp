#include "tests/property/generated_tree.hpp"

#include "grammar/literal_text.hpp"

namespace mig::tests {

using namespace syntax;

namespace {
// How tightly an expression must hold together to stand at its place.
enum Level {
  kWhole,
  kOr,
  kAnd,
  kCondition,
  kCompare,
  kFallback,
  kRange,
  kSum,
  kProduct,
  kUnary,
  kPostfix
};
}  // namespace

Word TreeGenerator::word() {
  // No word of the grammar, and none that could be the noun of a quantity before it.
  static const char* const kWords[] = {"a",       "old", "new_", "then_",
                                       "notable", "_x",  "in1",  "order"};
  return Word{{}, kWords[below(std::size(kWords))]};
}

Expr TreeGenerator::literal() {
  static const std::pair<LiteralKind, const char*> kLiterals[] = {
      {LiteralKind::Quantity, "5"},           {LiteralKind::Quantity, "0.01%"},
      {LiteralKind::Quantity, "2_000 rows"},  {LiteralKind::Quantity, "5_000 rows/s"},
      {LiteralKind::Quantity, "20MB/s"},      {LiteralKind::Compound, "1h30m"},
      {LiteralKind::Timestamp, "2026-12-01"}, {LiteralKind::Timestamp, "2026-12-01T22:00:00+01:00"},
      {LiteralKind::TimeOfDay, "22:00"}};
  static const char* const kTexts[] = {"",    "x",       "a \"b\" \\ \n\t", "# no comment",
                                       "{};", "\xC3\xA9"};
  if (below(3) == 0) {
    const char* const value = kTexts[below(std::size(kTexts))];
    return Expr{{}, Literal{LiteralKind::Text, quote_text(value), value}};
  }
  if (below(8) == 0) {
    return Expr{{}, Literal{LiteralKind::BlockText, "\"\"\"\n  a\n   b\n  \"\"\"", "a\n b"}};
  }
  const auto& [kind, raw] = kLiterals[below(std::size(kLiterals))];
  return Expr{{}, Literal{kind, raw, {}}};
}

std::vector<Expr> TreeGenerator::items(std::size_t least, int depth) {
  std::vector<Expr> all;
  for (std::size_t count = least + below(3); count > 0; --count)
    all.push_back(expr(kWhole, depth - 1));
  return all;
}

Expr TreeGenerator::primary(int depth) {
  if (depth > 0 && below(6) == 0) return Expr{{}, List{items(0, depth)}};
  if (depth > 0 && below(6) == 0) return Expr{{}, Paren{items(1, depth)}};
  if (below(2) == 0) return literal();
  return Expr{{}, Name{word().text}};
}

Expr TreeGenerator::postfix(int depth) {
  Expr value = primary(depth);
  while (depth-- > 0 && below(3) == 0) {
    const std::size_t what = below(3);
    if (what == 0) {
      value = Expr{{}, Member{std::make_unique<Expr>(std::move(value)), word()}};
    } else if (what == 1 && !std::holds_alternative<Present>(value.node)) {
      value = Expr{{}, Present{std::make_unique<Expr>(std::move(value))}};
    } else {
      Call call{std::make_unique<Expr>(std::move(value)), {}};
      for (std::size_t count = below(3); count > 0; --count) {
        Argument argument;
        if (below(2) == 0) argument.name = word();
        argument.value = expr(kWhole, depth);
        if (below(4) == 0) argument.loop = expr(kCompare, depth);
        if (below(4) == 0) argument.fallback = expr(kWhole, depth);
        call.arguments.push_back(std::move(argument));
      }
      value = Expr{{}, std::move(call)};
    }
  }
  return value;
}

ExprBox TreeGenerator::box(int level, int depth) {
  return std::make_unique<Expr>(expr(level, depth));
}

Expr TreeGenerator::binary(int level, int depth) {
  using Op = Operator;
  const auto pick = [&](std::initializer_list<Op> ops) { return ops.begin()[below(ops.size())]; };
  const auto make = [&](Op op, int lhs, int rhs) {
    ExprBox left = box(lhs, depth - 1);
    return Expr{{}, Binary{op, {}, std::move(left), box(rhs, depth - 1)}};
  };
  switch (level) {
    case kOr:
      return make(Op::Or, kOr, kAnd);
    case kAnd:
      return make(Op::And, kAnd, kCondition);
    case kCompare:
      return make(pick({Op::Less, Op::LessEqual, Op::Greater, Op::GreaterEqual, Op::Equal,
                        Op::NotEqual, Op::In}),
                  kFallback, kFallback);
    case kFallback:
      return make(Op::Fallback, kFallback, kRange);
    case kRange:
      return make(Op::Range, kSum, kSum);
    case kSum:
      return make(pick({Op::Add, Op::Subtract, Op::Concat}), kSum, kProduct);
    default:
      return make(pick({Op::Multiply, Op::Divide}), kProduct, kUnary);
  }
}

Expr TreeGenerator::expr(int level, int depth) {
  if (depth <= 0 || level >= kPostfix) return postfix(depth);
  if (below(3) != 0) return expr(level + 1, depth);
  switch (level) {
    case kWhole: {
      ExprBox condition = box(kOr, depth - 1);
      ExprBox then = box(kWhole, depth - 1);
      return Expr{{}, If{std::move(condition), std::move(then), box(kWhole, depth - 1)}};
    }
    case kCondition:
      return Expr{{}, Not{box(kCondition, depth - 1)}};
    case kUnary:
      return Expr{{}, Negate{box(kPostfix, depth - 1)}};
    default:
      return binary(level, depth);
  }
}

Statement TreeGenerator::statement(int depth) {
  Statement made;
  made.word = word();
  if (below(4) == 0) made.docs.push_back(Doc{{}, "a line of doc"});
  for (std::size_t count = below(5); count > 0; --count) {
    Operand operand;
    operand.mark = static_cast<Mark>(below(5));
    // A plain operand behind another must not begin with an operator.
    const bool is_behind = operand.mark == Mark::None && !made.operands.empty();
    operand.value = expr(is_behind ? kPostfix : kWhole, 4);
    made.operands.push_back(std::move(operand));
  }
  if (depth > 0 && below(2) == 0) {
    made.block.emplace();
    for (std::size_t count = below(4); count > 0; --count)
      made.block->statements.push_back(statement(depth - 1));
  }
  return made;
}

File TreeGenerator::file() {
  File made;
  for (std::size_t count = 1 + below(5); count > 0; --count)
    made.statements.push_back(statement(3));
  return made;
}

}  // namespace mig::tests
