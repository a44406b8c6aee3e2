// Visits every expression of a tree, outer ones first.
#pragma once

#include <variant>

#include "compiler/plan/overloaded.hpp"
#include "grammar/tree.hpp"

namespace mig::compiler {

template <class Visit>
void each_expr(const syntax::Expr& expr, const Visit& visit) {
  visit(expr);
  const auto box = [&](const syntax::ExprBox& inner) { each_expr(*inner, visit); };
  const auto all = [&](const std::vector<syntax::Expr>& items) {
    for (const syntax::Expr& item : items)
      each_expr(item, visit);
  };
  std::visit(plan::Overloaded{
                 [](const syntax::Literal&) {},
                 [](const syntax::Name&) {},
                 [&](const syntax::Call& call) {
                   box(call.callee);
                   for (const syntax::Argument& argument : call.arguments) {
                     each_expr(argument.value, visit);
                     if (argument.loop) each_expr(*argument.loop, visit);
                     if (argument.fallback) each_expr(*argument.fallback, visit);
                   }
                 },
                 [&](const syntax::Member& member) { box(member.object); },
                 [&](const syntax::Present& present) { box(present.value); },
                 [&](const syntax::List& list) { all(list.items); },
                 [&](const syntax::Paren& paren) { all(paren.items); },
                 [&](const syntax::Negate& negate) { box(negate.value); },
                 [&](const syntax::Not& negation) { box(negation.value); },
                 [&](const syntax::Binary& binary) { box(binary.lhs), box(binary.rhs); },
                 [&](const syntax::If& choice) {
                   box(choice.condition), box(choice.then_value), box(choice.else_value);
                 },
                 [](const syntax::Missing&) {},
             },
             expr.node);
}

template <class Visit>
void each_expr(const syntax::Statement& statement, const Visit& visit) {
  for (const syntax::Operand& operand : statement.operands)
    each_expr(operand.value, visit);
  if (!statement.block) return;
  for (const syntax::Statement& inner : statement.block->statements)
    each_expr(inner, visit);
}

template <class Visit>
void each_expr(const syntax::File& file, const Visit& visit) {
  for (const syntax::Statement& statement : file.statements)
    each_expr(statement, visit);
}

}  // namespace mig::compiler
