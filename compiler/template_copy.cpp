#include "compiler/template_copy.hpp"

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/plan/overloaded.hpp"

namespace mig::compiler {
namespace {

const Bindings kNothingBound;

// Written inside a larger expression it would be read in another way.
bool needs_parenthesis(const syntax::Expr& expr) {
  return std::holds_alternative<syntax::Binary>(expr.node) ||
         std::holds_alternative<syntax::If>(expr.node) ||
         std::holds_alternative<syntax::Not>(expr.node) ||
         std::holds_alternative<syntax::Negate>(expr.node);
}

}  // namespace

syntax::Span TemplateCopy::span(syntax::Span from) const {
  if (file_) from.file = *file_;
  return from;
}

syntax::Word TemplateCopy::word(const syntax::Word& from) const {
  return syntax::Word{span(from.span), from.text};
}

const Bound* TemplateCopy::bound(const syntax::Expr& from) const {
  const auto found = bindings_.find(name_of(from));
  return found == bindings_.end() ? nullptr : &found->second;
}

std::optional<syntax::Statement> TemplateCopy::statement(const syntax::Statement& from) {
  const bool is_attribute =
      !from.operands.empty() && from.operands.front().mark == syntax::Mark::Assign;
  if (is_attribute) {
    const Bound* value = bound(from.operands.front().value);
    if (value != nullptr && value->value == nullptr) return std::nullopt;
  }
  syntax::Statement copy = head(from);
  if (!from.block) return copy;
  const bool is_whole = is_whole_;
  syntax::Block block{.statements = {}, .span = span(from.block->span)};
  for (const syntax::Statement& one : from.block->statements) {
    if (auto inner_copy = statement(one)) block.statements.push_back(std::move(*inner_copy));
  }
  // A block of which nothing is left was only there for what is left out.
  if (!block.statements.empty() || from.block->statements.empty()) copy.block = std::move(block);
  is_whole_ = is_whole;
  return copy;
}

syntax::Statement TemplateCopy::head(const syntax::Statement& from) {
  --room_.pieces;
  syntax::Statement copy{.word = word(from.word), .span = span(from.span)};
  for (const syntax::Doc& doc : from.docs)
    copy.docs.push_back(syntax::Doc{span(doc.span), doc.text});
  const auto route = bindings_.find(from.word.text);
  if (route != bindings_.end() && route->second.is_word && route->second.value != nullptr)
    copy.word.text = name_of(*route->second.value);
  is_whole_ = true;
  operands(from, copy);
  copy.is_intact = from.is_intact && is_whole_ && room_.is_left();
  return copy;
}

// What is left out is left out with its mark; a list stands for its items.
void TemplateCopy::operands(const syntax::Statement& from, syntax::Statement& to) {
  std::optional<syntax::Mark> mark_before;
  for (const syntax::Operand& operand : from.operands) {
    const Bound* value = bound(operand.value);
    const bool may_go = operand.mark == syntax::Mark::None || operand.mark == syntax::Mark::Comma;
    if (may_go && value != nullptr && value->value == nullptr) {
      mark_before = mark_before.value_or(operand.mark);
      continue;
    }
    const bool takes_over = operand.mark == syntax::Mark::Comma && mark_before;
    const syntax::Mark mark = takes_over ? *mark_before : operand.mark;
    mark_before.reset();
    if (may_go && value != nullptr) {
      splice(operand, *value->value, mark, to);
    } else {
      to.operands.push_back(syntax::Operand{mark, expr(operand.value), span(operand.mark_span)});
    }
  }
}

void TemplateCopy::splice(const syntax::Operand& from, const syntax::Expr& value, syntax::Mark mark,
                          syntax::Statement& to) {
  const syntax::Span mark_span = span(from.mark_span);
  const auto* list = std::get_if<syntax::List>(&value.node);
  if (list == nullptr) {
    to.operands.push_back(syntax::Operand{mark, copy_of(value, room_, diagnostics_), mark_span});
    return;
  }
  for (const syntax::Expr& item : list->items) {
    to.operands.push_back(syntax::Operand{mark, copy_of(item, room_, diagnostics_), mark_span});
    mark = syntax::Mark::Comma;
  }
}

syntax::Expr TemplateCopy::expr(const syntax::Expr& from) {
  const Bound* value = bound(from);
  if (value == nullptr) return plain(from);
  if (value->value != nullptr) return copy_of(*value->value, room_, diagnostics_);
  diagnostics_.report(span(from.span), diag::MaybeAbsent, name_of(from))
      .help("what is left out takes a whole attribute or operand with it, and no part of a value");
  is_whole_ = false;
  return syntax::Expr{span(from.span), syntax::Missing{}};
}

// As part of a larger expression.
syntax::Expr TemplateCopy::inner(const syntax::Expr& from) {
  const Bound* value = bound(from);
  syntax::Expr copy = expr(from);
  if (value == nullptr || !needs_parenthesis(copy)) return copy;
  const syntax::Span at = copy.span;
  syntax::Paren paren;
  paren.items.push_back(std::move(copy));
  return syntax::Expr{at, std::move(paren)};
}

syntax::ExprBox TemplateCopy::box(const syntax::ExprBox& from) {
  return std::make_unique<syntax::Expr>(inner(*from));
}

std::vector<syntax::Expr> TemplateCopy::all(const std::vector<syntax::Expr>& from) {
  std::vector<syntax::Expr> copies;
  copies.reserve(from.size());
  for (const syntax::Expr& one : from)
    copies.push_back(expr(one));
  return copies;
}

syntax::Argument TemplateCopy::argument(const syntax::Argument& from) {
  syntax::Argument copy{
      .name = std::nullopt, .value = expr(from.value), .loop = {}, .fallback = {}};
  if (from.name) copy.name = word(*from.name);
  if (from.loop) copy.loop = expr(*from.loop);
  if (from.fallback) copy.fallback = expr(*from.fallback);
  return copy;
}

syntax::Expr TemplateCopy::plain(const syntax::Expr& from) {
  const syntax::Span at = span(from.span);
  if (--room_.pieces <= 0) return syntax::Expr{at, syntax::Missing{}};
  using Node = decltype(syntax::Expr::node);
  return syntax::Expr{
      at,
      std::visit(
          plan::Overloaded{
              [](const syntax::Literal& literal) -> Node { return literal; },
              [&](const syntax::Name& name) -> Node {
                if (free_name_) free_name_(name, at);
                return name;
              },
              [&](const syntax::Call& call) -> Node {
                // Functions are no values: what is called is not replaced.
                syntax::Call copy{
                    std::make_unique<syntax::Expr>(copy_of(*call.callee, room_, diagnostics_)), {}};
                copy.callee->span = span(call.callee->span);
                for (const syntax::Argument& one : call.arguments)
                  copy.arguments.push_back(argument(one));
                return copy;
              },
              [&](const syntax::Member& member) -> Node {
                return syntax::Member{box(member.object), word(member.field)};
              },
              [&](const syntax::Present& present) -> Node {
                return syntax::Present{box(present.value)};
              },
              [&](const syntax::List& list) -> Node { return syntax::List{all(list.items)}; },
              [&](const syntax::Paren& paren) -> Node { return syntax::Paren{all(paren.items)}; },
              [&](const syntax::Negate& negate) -> Node {
                return syntax::Negate{box(negate.value)};
              },
              [&](const syntax::Not& negation) -> Node { return syntax::Not{box(negation.value)}; },
              [&](const syntax::Binary& binary) -> Node {
                return syntax::Binary{binary.op, span(binary.op_span), box(binary.lhs),
                                      box(binary.rhs)};
              },
              [&](const syntax::If& choice) -> Node {
                return syntax::If{box(choice.condition), box(choice.then_value),
                                  box(choice.else_value)};
              },
              [](const syntax::Missing&) -> Node { return syntax::Missing{}; },
          },
          from.node)};
}

syntax::Expr copy_of(const syntax::Expr& expr, Room& room, Diagnostics& diagnostics) {
  return TemplateCopy(std::nullopt, kNothingBound, room, {}, diagnostics).expr(expr);
}

}  // namespace mig::compiler
