// The operators and calls of the expression checker.
#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/check_expr.hpp"
#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "compiler/signatures.hpp"

namespace mig::compiler {
namespace {

using plan::Base;
using plan::Function;
using plan::Type;

bool is_number(const Type& type) {
  return type.is_integer() || type.base == Base::Decimal || type.base == Base::F64;
}

bool is_literal(const syntax::Expr& expr) {
  if (const auto* negated = std::get_if<syntax::Negate>(&expr.node))
    return is_literal(*negated->value);
  return std::holds_alternative<syntax::Literal>(expr.node) || name_of(expr) == "none";
}

std::optional<Type> common_type(const Type& a, const Type& b) {
  const bool optional = a.optional || b.optional;
  const Type x = a.as_optional(false);
  const Type y = b.as_optional(false);
  if (widens(x, y)) return y.as_optional(optional);
  if (widens(y, x)) return x.as_optional(optional);
  if (x.base == Base::Decimal && y.base == Base::Decimal) {
    const int scale = std::max(x.scale, y.scale);
    const int whole = std::max(x.precision - x.scale, y.precision - y.scale);
    if (whole + scale > 38) return std::nullopt;
    return Type::decimal(static_cast<std::uint8_t>(whole + scale), static_cast<std::uint8_t>(scale))
        .as_optional(optional);
  }
  const bool words = (x.base == Base::OneOf || x.base == Base::Text) &&
                     (y.base == Base::OneOf || y.base == Base::Text);
  if (words) return Type::text().as_optional(optional);
  return std::nullopt;
}

Function comparison_of(syntax::Operator op) {
  switch (op) {
    case syntax::Operator::Equal:
      return Function::Equal;
    case syntax::Operator::NotEqual:
      return Function::NotEqual;
    case syntax::Operator::Less:
      return Function::Less;
    case syntax::Operator::LessEqual:
      return Function::LessOrEqual;
    case syntax::Operator::Greater:
      return Function::Greater;
    case syntax::Operator::GreaterEqual:
      return Function::GreaterOrEqual;
    default:
      break;
  }
  assert(false && "a comparison");
  return Function::Equal;
}

Function arithmetic_of(syntax::Operator op) {
  switch (op) {
    case syntax::Operator::Add:
      return Function::Add;
    case syntax::Operator::Subtract:
      return Function::Subtract;
    case syntax::Operator::Multiply:
      return Function::Multiply;
    case syntax::Operator::Divide:
      return Function::Divide;
    default:
      break;
  }
  assert(false && "an arithmetic operator");
  return Function::Add;
}

plan::Expr apply(Function function, Type type, plan::Expr a, plan::Expr b) {
  plan::Apply node{function, {}};
  node.arguments.push_back(std::move(a));
  node.arguments.push_back(std::move(b));
  return plan::Expr{std::move(type), std::move(node)};
}

// Where a `use` goes: behind `mig 1`.
syntax::Span end_of_first_line(const Module& module) {
  const auto& statements = module.tree->statements;
  syntax::Span at{module.tree->id, 0, 0};
  if (!statements.empty() && statements.front().word.text == "mig") at = statements.front().span;
  at.begin = at.end;
  return at;
}

}  // namespace

bool ExprChecker::unify(const syntax::Expr& a_at, plan::Expr& a, const syntax::Expr& b_at,
                        plan::Expr& b) {
  const auto type = common_type(a.type, b.type);
  if (!type) {
    analysis_.diagnostics
        .report(a_at.span.to(b_at.span), diag::NoCommonType, print(a.type), print(b.type))
        .label(a_at.span, fmt::format("this is `{}`", print(a.type)))
        .label(b_at.span, fmt::format("this is `{}`", print(b.type)));
    return false;
  }
  const plan::Type a_type = type->as_optional(a.type.optional);
  const plan::Type b_type = type->as_optional(b.type.optional);
  a = widened(std::move(a), a_type);
  b = widened(std::move(b), b_type);
  return true;
}

std::optional<plan::Expr> ExprChecker::binary(const syntax::Binary& binary, const syntax::Expr& at,
                                              const ExprScope& scope, const Type* wanted) {
  switch (binary.op) {
    case syntax::Operator::And:
    case syntax::Operator::Or:
      return logic(binary, scope, nullptr);
    case syntax::Operator::Fallback:
      return coalesce(binary, scope, wanted);
    case syntax::Operator::In:
      return within(binary, at, scope);
    case syntax::Operator::Range:
      analysis_.diagnostics.report(at.span, diag::NotAnExpression)
          .help("a range stands behind `in`");
      return std::nullopt;
    case syntax::Operator::Add:
    case syntax::Operator::Subtract:
    case syntax::Operator::Multiply:
    case syntax::Operator::Divide:
      return arithmetic(binary, at, scope);
    case syntax::Operator::Concat: {
      auto a = check(*binary.lhs, scope);
      auto b = check(*binary.rhs, scope);
      if (!a || !b) return std::nullopt;
      if (refuse_optional(*a, binary.lhs->span) || refuse_optional(*b, binary.rhs->span))
        return std::nullopt;
      const std::vector<plan::Expr> both{*a, *b};
      const auto type = result_of(Function::Concat, both);
      if (type) return apply(Function::Concat, *type, std::move(*a), std::move(*b));
      const std::size_t wrong = type.error().argument.value_or(0);
      mismatch(wrong == 0 ? binary.lhs->span : binary.rhs->span, "text", both[wrong].type);
      return std::nullopt;
    }
    default:
      return comparison(binary, at, scope);
  }
}

auto ExprChecker::operands(const syntax::Binary& binary, const ExprScope& scope)
    -> std::optional<Operands> {
  const bool literal_first = is_literal(*binary.lhs) && !is_literal(*binary.rhs);
  auto first = check(literal_first ? *binary.rhs : *binary.lhs, scope);
  auto second =
      check(literal_first ? *binary.lhs : *binary.rhs, scope, first ? &first->type : nullptr);
  if (!first || !second) return std::nullopt;
  if (literal_first) std::swap(*first, *second);
  return Operands{std::move(*first), std::move(*second)};
}

std::optional<plan::Expr> ExprChecker::comparison(const syntax::Binary& binary, const syntax::Expr&,
                                                  const ExprScope& scope) {
  auto sides = operands(binary, scope);
  if (!sides) return std::nullopt;
  auto& [a, b] = *sides;
  const bool is_equality =
      binary.op == syntax::Operator::Equal || binary.op == syntax::Operator::NotEqual;
  if (!is_equality) {
    if (refuse_optional(a, binary.lhs->span) || refuse_optional(b, binary.rhs->span))
      return std::nullopt;
  }
  if (!unify(*binary.lhs, a, *binary.rhs, b)) return std::nullopt;
  const bool ordered = a.type.base != Base::Json && a.type.base != Base::List &&
                       (a.type.base != Base::Bool || is_equality);
  if (!ordered) {
    mismatch(binary.lhs->span, "a value that can be compared", a.type);
    return std::nullopt;
  }
  return apply(comparison_of(binary.op), Type::of(Base::Bool), std::move(a), std::move(b));
}

std::optional<plan::Expr> ExprChecker::arithmetic(const syntax::Binary& binary, const syntax::Expr&,
                                                  const ExprScope& scope) {
  auto sides = operands(binary, scope);
  if (!sides) return std::nullopt;
  auto& [a, b] = *sides;
  if (refuse_optional(a, binary.lhs->span) || refuse_optional(b, binary.rhs->span))
    return std::nullopt;
  for (const auto& [value, side] :
       {std::pair(&a, binary.lhs.get()), std::pair(&b, binary.rhs.get())}) {
    if (is_number(value->type)) continue;
    mismatch(side->span, "a number", value->type);
    return std::nullopt;
  }
  const Function function = arithmetic_of(binary.op);
  if (a.type.base == Base::Decimal && b.type.base == Base::Decimal) {
    if (function == Function::Divide) {
      analysis_.diagnostics.report(binary.op_span, diag::TypeMismatch, "an integer", "a decimal")
          .help("the quotient of two decimals has no exact scale");
      return std::nullopt;
    }
    if (function == Function::Multiply) {
      const int scale = a.type.scale + b.type.scale;
      if (scale > 38) {
        mismatch(binary.rhs->span, "a decimal of a smaller scale", b.type);
        return std::nullopt;
      }
      return apply(function, Type::decimal(38, static_cast<std::uint8_t>(scale)), std::move(a),
                   std::move(b));
    }
  }
  if (!unify(*binary.lhs, a, *binary.rhs, b)) return std::nullopt;
  Type type = a.type;
  if (type.base == Base::Decimal) type.precision = 38;
  return apply(function, type, std::move(a), std::move(b));
}

std::optional<plan::Expr> ExprChecker::within(const syntax::Binary& binary, const syntax::Expr&,
                                              const ExprScope& scope) {
  auto value = check(*binary.lhs, scope);
  if (!value || refuse_optional(*value, binary.lhs->span)) return std::nullopt;
  plan::Apply node{Function::Within, {}};
  const Type type = value->type;
  node.arguments.push_back(std::move(*value));
  const auto add = [&](const syntax::Expr& bound) {
    auto checked = fit(bound, scope, type);
    if (checked) node.arguments.push_back(std::move(*checked));
    return checked.has_value();
  };
  if (const auto* range = std::get_if<syntax::Binary>(&binary.rhs->node);
      range != nullptr && range->op == syntax::Operator::Range) {
    if (!add(*range->lhs) || !add(*range->rhs)) return std::nullopt;
  } else if (const auto* list = std::get_if<syntax::List>(&binary.rhs->node);
             list && !list->items.empty()) {
    node.function = Function::OneOfList;
    for (const syntax::Expr& item : list->items) {
      if (!add(item)) return std::nullopt;
    }
  } else {
    analysis_.diagnostics.report(binary.rhs->span, diag::NotAnExpression)
        .help("behind `in` stands a range `a..b` or a list `[a, b]`");
    return std::nullopt;
  }
  return plan::Expr{Type::of(Base::Bool), std::move(node)};
}

std::optional<plan::Expr> ExprChecker::coalesce(const syntax::Binary& binary,
                                                const ExprScope& scope, const Type* wanted) {
  auto a = check(*binary.lhs, scope, wanted);
  if (!a) return std::nullopt;
  auto b = check(*binary.rhs, scope, &a->type);
  if (!b) return std::nullopt;
  const bool optional = b->type.optional;
  plan::Expr left = std::move(*a);
  if (!unify(*binary.lhs, left, *binary.rhs, *b)) return std::nullopt;
  const Type type = left.type.as_optional(optional);
  return apply(Function::Coalesce, type, std::move(left), std::move(*b));
}

std::optional<plan::Expr> ExprChecker::choose(const syntax::If& choice, const syntax::Expr&,
                                              const ExprScope& scope, const Type* wanted) {
  Paths proved;
  auto condition_value = condition(*choice.condition, scope, &proved);
  ExprScope narrowed = scope;
  narrowed.present.insert(proved.begin(), proved.end());
  auto then_value = check(*choice.then_value, narrowed, wanted);
  auto else_value = check(*choice.else_value, scope, then_value ? &then_value->type : wanted);
  if (!condition_value || !then_value || !else_value) return std::nullopt;
  if (!unify(*choice.then_value, *then_value, *choice.else_value, *else_value)) return std::nullopt;
  const Type type =
      then_value->type.as_optional(then_value->type.optional || else_value->type.optional);
  plan::Choose node;
  node.parts.push_back(std::move(*condition_value));
  node.parts.push_back(std::move(*then_value));
  node.parts.push_back(std::move(*else_value));
  return plan::Expr{type, std::move(node)};
}

std::optional<plan::Expr> ExprChecker::part_of_call(const syntax::Expr& expr,
                                                    const syntax::Word& part,
                                                    const ExprScope& scope) {
  const auto& call = std::get<syntax::Call>(expr.node);
  const std::string function(name_of(*call.callee));
  const auto parts = parts_of(function);
  if (parts.empty()) {
    if (check(expr, scope)) {
      analysis_.diagnostics.report(part.span, diag::UnknownName, "part of this value", part.text);
    }
    return std::nullopt;
  }
  if (std::ranges::find(parts, part.text) == parts.end()) {
    analysis_.diagnostics
        .report(part.span, diag::UnknownName, "part", fmt::format("{}.{}", function, part.text))
        .help(fmt::format("it has {}", fmt::join(parts, " and ")));
    return std::nullopt;
  }
  return called(call, expr, function + "." + part.text, scope);
}

std::optional<plan::Expr> ExprChecker::call(const syntax::Call& call, const syntax::Expr& at,
                                            const ExprScope& scope) {
  const std::string function(name_of(*call.callee));
  const auto parts = parts_of(function);
  if (!parts.empty()) {
    analysis_.diagnostics.report(at.span, diag::TypeMismatch, "one value", "several")
        .help(fmt::format("name it with `let x = {}(…)` and write `x.{}` or `x.{}`", function,
                          parts[0], parts[1]));
    return std::nullopt;
  }
  return called(call, at, function, scope);
}

std::optional<plan::Expr> ExprChecker::called(const syntax::Call& call, const syntax::Expr& at,
                                              const std::string& function, const ExprScope& scope) {
  const std::string written(name_of(*call.callee));
  if (written.empty()) {
    analysis_.diagnostics.report(call.callee->span, diag::NotAnExpression)
        .help("only functions are called, and a function is a name");
    return std::nullopt;
  }
  const auto id = function_named(function);
  if (!id && written != "join") {
    std::vector<std::string> known;
    for (const auto& [module, functions] : library_modules()) {
      known.insert(known.end(), functions.begin(), functions.end());
    }
    analysis_.diagnostics.report(call.callee->span, diag::UnknownName, "function", written)
        .instead(nearest(written, known));
    return std::nullopt;
  }
  if (!scope.module->functions.contains(written)) {
    for (const auto& [module, functions] : library_modules()) {
      if (std::ranges::find(functions, written) == functions.end()) continue;
      analysis_.diagnostics.report(call.callee->span, diag::UnknownName, "function", written)
          .help(fmt::format("bring it in with `use {} ({})`", module, written))
          .fix(end_of_first_line(*scope.module), fmt::format("\nuse {} ({})", module, written));
    }
    return std::nullopt;
  }
  if (!id) return join(call, at, scope);
  std::vector<plan::Expr> arguments;
  const bool takes_optional = *id == Function::Coalesce;
  for (const syntax::Argument& argument : call.arguments) {
    const auto rows = scope.beside.find(std::string(name_of(argument.value)));
    if (*id == Function::Count && rows != scope.beside.end() && rows->second.is_list) {
      refer(argument.value, scope);
      // All lists of its fields are equally long.
      arguments.push_back({Type::list(rows->second.entity->fields.front().type),
                           plan::FieldOf{rows->second.first}});
      continue;
    }
    auto value = check(argument.value, scope);
    if (!value || (!takes_optional && refuse_optional(*value, argument.value.span)))
      return std::nullopt;
    arguments.push_back(std::move(*value));
  }
  if (takes_optional) {
    if (arguments.size() != 2) {
      analysis_.diagnostics.report(at.span, diag::WrongArguments, written, "two values");
      return std::nullopt;
    }
    if (!unify(call.arguments[0].value, arguments[0], call.arguments[1].value, arguments[1])) {
      return std::nullopt;
    }
    const Type type = arguments[0].type.as_optional(arguments[1].type.optional);
    return apply(*id, type, std::move(arguments[0]), std::move(arguments[1]));
  }
  const auto type = result_of(*id, arguments);
  if (!type) {
    const auto& mistake = type.error();
    const syntax::Span where =
        mistake.argument ? call.arguments[*mistake.argument].value.span : at.span;
    analysis_.diagnostics.report(where, diag::WrongArguments, written, mistake.wanted);
    return std::nullopt;
  }
  return plan::Expr{*type, plan::Apply{*id, std::move(arguments)}};
}

}  // namespace mig::compiler
