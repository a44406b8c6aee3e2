#include "grammar/tree.hpp"

#include <algorithm>

namespace mig::syntax {

namespace {

bool equal(const ExprBox& a, const ExprBox& b) {
  return equal_meaning(*a, *b);
}

template <class T>
bool equal_optional(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || equal_meaning(*a, *b));
}

bool equal_lists(const std::vector<Expr>& a, const std::vector<Expr>& b) {
  return std::ranges::equal(a, b, [](const Expr& x, const Expr& y) { return equal_meaning(x, y); });
}

bool equal_meaning(const Argument& a, const Argument& b) {
  if (a.name.has_value() != b.name.has_value() || (a.name && a.name->text != b.name->text)) {
    return false;
  }
  const auto same = [](const std::optional<Expr>& x, const std::optional<Expr>& y) {
    return x.has_value() == y.has_value() && (!x || mig::syntax::equal_meaning(*x, *y));
  };
  return mig::syntax::equal_meaning(a.value, b.value) && same(a.loop, b.loop) &&
         same(a.fallback, b.fallback);
}

struct SameNode {
  bool operator()(const Literal& a, const Literal& b) const {
    const bool is_text = a.kind == LiteralKind::Text || a.kind == LiteralKind::BlockText;
    return a.kind == b.kind && (is_text ? a.value == b.value : a.raw == b.raw);
  }
  bool operator()(const Name& a, const Name& b) const { return a.text == b.text; }
  bool operator()(const Call& a, const Call& b) const {
    return equal(a.callee, b.callee) &&
           std::ranges::equal(a.arguments, b.arguments, [](const Argument& x, const Argument& y) {
             return equal_meaning(x, y);
           });
  }
  bool operator()(const Member& a, const Member& b) const {
    return a.field.text == b.field.text && equal(a.object, b.object);
  }
  bool operator()(const Present& a, const Present& b) const { return equal(a.value, b.value); }
  bool operator()(const List& a, const List& b) const { return equal_lists(a.items, b.items); }
  bool operator()(const Paren& a, const Paren& b) const { return equal_lists(a.items, b.items); }
  bool operator()(const Negate& a, const Negate& b) const { return equal(a.value, b.value); }
  bool operator()(const Not& a, const Not& b) const { return equal(a.value, b.value); }
  bool operator()(const Binary& a, const Binary& b) const {
    return a.op == b.op && equal(a.lhs, b.lhs) && equal(a.rhs, b.rhs);
  }
  bool operator()(const If& a, const If& b) const {
    return equal(a.condition, b.condition) && equal(a.then_value, b.then_value) &&
           equal(a.else_value, b.else_value);
  }
  bool operator()(const Missing&, const Missing&) const { return true; }
};

bool equal_statements(const std::vector<Statement>& a, const std::vector<Statement>& b) {
  return std::ranges::equal(
      a, b, [](const Statement& x, const Statement& y) { return equal_meaning(x, y); });
}

}  // namespace

bool equal_meaning(const Expr& a, const Expr& b) {
  if (a.node.index() != b.node.index()) return false;
  return std::visit(
      [&](const auto& node) {
        return SameNode{}(node, std::get<std::decay_t<decltype(node)>>(b.node));
      },
      a.node);
}

bool equal_meaning(const Statement& a, const Statement& b) {
  const bool is_same_head =
      a.word.text == b.word.text && a.is_intact == b.is_intact &&
      std::ranges::equal(a.docs, b.docs, {}, &Doc::text, &Doc::text) &&
      std::ranges::equal(a.operands, b.operands, [](const Operand& x, const Operand& y) {
        return x.mark == y.mark && equal_meaning(x.value, y.value);
      });
  if (!is_same_head || a.block.has_value() != b.block.has_value()) return false;
  return !a.block || equal_statements(a.block->statements, b.block->statements);
}

bool equal_meaning(const File& a, const File& b) {
  return equal_statements(a.statements, b.statements);
}

std::string_view text_of(Operator op) {
  switch (op) {
    case Operator::Multiply:
      return "*";
    case Operator::Divide:
      return "/";
    case Operator::Add:
      return "+";
    case Operator::Subtract:
      return "-";
    case Operator::Concat:
      return "++";
    case Operator::Range:
      return "..";
    case Operator::Fallback:
      return "??";
    case Operator::Less:
      return "<";
    case Operator::LessEqual:
      return "<=";
    case Operator::Greater:
      return ">";
    case Operator::GreaterEqual:
      return ">=";
    case Operator::Equal:
      return "==";
    case Operator::NotEqual:
      return "!=";
    case Operator::In:
      return "in";
    case Operator::And:
      return "and";
    case Operator::Or:
      return "or";
  }
  return "";
}

}  // namespace mig::syntax
