#include "compiler/check_expr.hpp"

#include <cassert>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "compiler/quantity.hpp"
#include "compiler/signatures.hpp"

namespace mig::compiler {
namespace {

using plan::Base;
using plan::Function;
using plan::Type;

// `u.email` as written, for a chain of names; empty for anything else.
std::string path_of(const syntax::Expr& expr) {
  if (const auto* name = std::get_if<syntax::Name>(&expr.node)) return name->text;
  if (const auto* member = std::get_if<syntax::Member>(&expr.node)) {
    const std::string object = path_of(*member->object);
    return object.empty() ? std::string() : object + "." + member->field.text;
  }
  return {};
}

plan::Expr constant(Type type, plan::Value value) {
  return plan::Expr{std::move(type), plan::Constant{std::move(value)}};
}

// A number with its signs: `-32_768` fits an i16 and `32_768` does not, so they are read together.
struct SignedLiteral {
  const syntax::Literal* literal = nullptr;  // absent: something else stands there
  bool is_negative = false;
};

SignedLiteral signed_literal(const syntax::Expr& expr) {
  if (const auto* negated = std::get_if<syntax::Negate>(&expr.node)) {
    const SignedLiteral inner = signed_literal(*negated->value);
    return {inner.literal, !inner.is_negative};
  }
  if (const auto* paren = std::get_if<syntax::Paren>(&expr.node);
      paren != nullptr && paren->items.size() == 1) {
    return signed_literal(paren->items.front());
  }
  const auto* literal = std::get_if<syntax::Literal>(&expr.node);
  const bool is_number = literal != nullptr && (literal->kind == syntax::LiteralKind::Quantity ||
                                                literal->kind == syntax::LiteralKind::Compound);
  return {is_number ? literal : nullptr, false};
}

}  // namespace

plan::Expr widened(plan::Expr expr, const Type& type) {
  assert(widens(expr.type, type));
  if (expr.type.as_optional(false) == type.as_optional(false)) {
    expr.type.optional = expr.type.optional || type.optional;
    return expr;
  }
  const bool optional = expr.type.optional || type.optional;
  plan::Apply apply{Function::Widen, {}};
  apply.arguments.push_back(std::move(expr));
  return plan::Expr{type.as_optional(optional), std::move(apply)};
}

void ExprChecker::mismatch(const syntax::Span& at, std::string_view wanted, const Type& found) {
  analysis_.diagnostics.report(at, diag::TypeMismatch, wanted, print(found));
}

bool ExprChecker::refuse_optional(const plan::Expr& checked, const syntax::Span& at) {
  if (!checked.type.optional) return false;
  const std::string written(analysis_.sources.text(at));
  if (written == "none") {
    analysis_.diagnostics.report(at, diag::TypeMismatch, "a value", "nothing");
    return true;
  }
  analysis_.diagnostics.report(at, diag::MaybeAbsent, written)
      .help(fmt::format("say what it is then: `{} ?? …`, or ask first: `{}?`", written, written));
  return true;
}

std::optional<plan::Expr> ExprChecker::check(const syntax::Expr& expr, const ExprScope& scope,
                                             const Type* wanted) {
  if (const auto* it = std::get_if<syntax::Literal>(&expr.node)) return literal(*it, expr, wanted);
  if (const auto* it = std::get_if<syntax::Name>(&expr.node))
    return named(*it, expr, scope, wanted);
  if (const auto* it = std::get_if<syntax::Member>(&expr.node)) return member(*it, expr, scope);
  if (const auto* it = std::get_if<syntax::Call>(&expr.node)) return call(*it, expr, scope);
  if (const auto* it = std::get_if<syntax::Binary>(&expr.node))
    return binary(*it, expr, scope, wanted);
  if (const auto* it = std::get_if<syntax::If>(&expr.node)) return choose(*it, expr, scope, wanted);
  if (const auto* it = std::get_if<syntax::Paren>(&expr.node); it && it->items.size() == 1) {
    return check(it->items.front(), scope, wanted);
  }
  if (const auto* it = std::get_if<syntax::Present>(&expr.node)) {
    if (scope.beside.contains(std::string(name_of(*it->value)))) {
      refer(*it->value, scope);
      return row_present(*it->value, scope);
    }
    auto value = check(*it->value, scope);
    if (!value) return std::nullopt;
    plan::Apply apply{Function::Present, {}};
    apply.arguments.push_back(std::move(*value));
    return plan::Expr{Type::of(Base::Bool), std::move(apply)};
  }
  if (const auto* it = std::get_if<syntax::Not>(&expr.node)) {
    auto value = condition(*it->value, scope);
    if (!value) return std::nullopt;
    plan::Apply apply{Function::Not, {}};
    apply.arguments.push_back(std::move(*value));
    return plan::Expr{Type::of(Base::Bool), std::move(apply)};
  }
  if (const auto* it = std::get_if<syntax::Negate>(&expr.node)) {
    const SignedLiteral written = signed_literal(expr);
    if (written.literal != nullptr) {
      return number(*written.literal, *it->value, wanted, written.is_negative);
    }
    auto value = check(*it->value, scope, wanted);
    if (!value || refuse_optional(*value, it->value->span)) return std::nullopt;
    if (!value->type.is_integer() && value->type.base != Base::Decimal &&
        value->type.base != Base::F64) {
      mismatch(it->value->span, "a number", value->type);
      return std::nullopt;
    }
    Type type = value->type;
    plan::Apply apply{Function::Negate, {}};
    apply.arguments.push_back(std::move(*value));
    return plan::Expr{std::move(type), std::move(apply)};
  }
  if (!std::holds_alternative<syntax::Missing>(expr.node)) {
    analysis_.diagnostics.report(expr.span, diag::NotAnExpression);
  }
  return std::nullopt;
}

void ExprChecker::refer(const syntax::Expr& name, const ExprScope& scope) {
  const auto place = scope.places.find(std::string(name_of(name)));
  if (place != scope.places.end()) analysis_.names.refer(name.span, place->second);
}

std::optional<plan::Expr> ExprChecker::named(const syntax::Name& name, const syntax::Expr& at,
                                             const ExprScope& scope, const Type* wanted) {
  if (name.text == "true" || name.text == "false") {
    return constant(Type::of(Base::Bool), name.text == "true");
  }
  if (name.text == "none") {
    const Type type = wanted == nullptr ? Type::text() : *wanted;
    return constant(type.as_optional(), plan::Null{});
  }
  refer(at, scope);
  if (scope.broken.contains(name.text)) return std::nullopt;
  if (const auto let = scope.lets.find(name.text); let != scope.lets.end()) {
    if (let->second.parts_of != nullptr) {
      const auto parts =
          parts_of(name_of(*std::get<syntax::Call>(let->second.parts_of->node).callee));
      analysis_.diagnostics.report(at.span, diag::TypeMismatch, "one value", "several")
          .help(fmt::format("write `{}.{}` or `{}.{}`", name.text, parts[0], name.text, parts[1]));
      return std::nullopt;
    }
    const bool proved = scope.present.contains(name.text);
    return plan::Expr{let->second.type.as_optional(let->second.type.optional && !proved),
                      plan::Local{let->second.index}};
  }
  const bool is_turn = !scope.element.empty() && name.text == scope.element;
  if (scope.beside.contains(name.text) || (is_turn && scope.element_rows)) {
    refuse_row(at.span, name.text, scope);
    return std::nullopt;
  }
  if (is_turn) {
    return plan::Expr{scope.element_type, plan::LoopElement{}};
  }
  if (scope.row.empty() && scope.input != nullptr) return field(at.span, name.text, scope);
  std::vector<std::string> known;
  if (!scope.row.empty()) known.push_back(scope.row);
  for (const auto& [text, rows] : scope.beside)
    known.push_back(text);
  for (const auto& [text, let] : scope.lets)
    known.push_back(text);
  auto report = analysis_.diagnostics.report(at.span, diag::UnknownName, "value", name.text);
  const auto near = nearest(name.text, known);
  if (near) {
    report.instead(near);
  } else if (scope.input != nullptr && !scope.row.empty()) {
    for (const plan::Field& one : scope.input->fields) {
      if (one.name == name.text) report.help(fmt::format("write `{}.{}`", scope.row, name.text));
    }
  }
  return std::nullopt;
}

std::optional<plan::Expr> ExprChecker::field(const syntax::Span& at, const std::string& name,
                                             const ExprScope& scope) {
  const auto& fields = scope.input->fields;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name != name) continue;
    analysis_.refer_to_field(at, *scope.input, i);
    if (scope.used != nullptr) scope.used->insert(i);
    const std::string path = scope.row.empty() ? name : scope.row + "." + name;
    const bool proved = scope.present.contains(path);
    return plan::Expr{fields[i].type.as_optional(fields[i].type.optional && !proved),
                      plan::FieldOf{i}};
  }
  analysis_.report_unknown_field(at, *scope.input, name);
  return std::nullopt;
}

std::optional<plan::Expr> ExprChecker::member(const syntax::Member& member, const syntax::Expr& at,
                                              const ExprScope& scope) {
  const std::string_view object = name_of(*member.object);
  refer(*member.object, scope);
  if (!object.empty() && object == scope.row)
    return field(member.field.span, member.field.text, scope);
  if (scope.broken.contains(std::string(object))) return std::nullopt;
  if (const auto rows = scope.beside.find(std::string(object)); rows != scope.beside.end()) {
    return field_beside(rows->first, rows->second, member.field, scope);
  }
  const auto let = scope.lets.find(std::string(object));
  const syntax::Expr* parts = let == scope.lets.end() ? nullptr : let->second.parts_of;
  if (parts == nullptr && std::holds_alternative<syntax::Call>(member.object->node)) {
    parts = member.object.get();
  }
  if (parts != nullptr) {
    auto value = part_of_call(*parts, member.field, scope);
    if (value && scope.present.contains(path_of(at))) value->type.optional = false;
    return value;
  }
  if (!scope.element.empty() && object == scope.element) {
    if (const auto& rows = scope.element_rows) return field_of_turn(*rows, member.field, scope);
    if (member.field.text == "index") return plan::Expr{Type::of(Base::I64), plan::LoopIndex{}};
    analysis_.diagnostics
        .report(member.field.span, diag::UnknownName, "part of a loop's element", member.field.text)
        .help(fmt::format("`{}` is the element, `{}.index` its position from 0", object, object));
    return std::nullopt;
  }
  // Says that the object is unknown, or that it has no parts.
  if (check(*member.object, scope)) {
    analysis_.diagnostics.report(member.field.span, diag::UnknownName, "part of this value",
                                 member.field.text);
  }
  return std::nullopt;
}

std::optional<plan::Expr> ExprChecker::fit(const syntax::Expr& expr, const ExprScope& scope,
                                           const Type& type) {
  auto value = check(expr, scope, &type);
  if (!value) return std::nullopt;
  if (widens(value->type, type)) return widened(std::move(*value), type);
  if (name_of(expr) == "none") {
    analysis_.diagnostics.report(expr.span, diag::TypeMismatch, print(type), "nothing")
        .help(fmt::format("what is `{}` is never absent", print(type)));
    return std::nullopt;
  }
  if (value->type.optional && !type.optional && widens(value->type.as_optional(false), type)) {
    refuse_optional(*value, expr.span);
    return std::nullopt;
  }
  if (widens(type.as_optional(), value->type.as_optional()) ||
      (value->type.is_integer() && (type.is_integer() || type.base == Base::Decimal))) {
    auto report =
        analysis_.diagnostics.report(expr.span, diag::Narrowing, print(value->type), print(type));
    switch (type.base) {
      case Base::I16:
        report.help("`try_i16(…)` gives an `i16?`");
        break;
      case Base::I32:
        report.help("`try_i32(…)` gives an `i32?`");
        break;
      case Base::Text:
        report.help(fmt::format("`try_text(…, {})` gives a `{}?`", type.length, print(type)));
        break;
      case Base::Decimal:
        report.help(fmt::format("`try_decimal(…, {}, {})` gives a `{}?`", type.precision,
                                type.scale, print(type.as_optional(false))));
        break;
      case Base::OneOf:
        report.help("`try_one_of(…, \"a\", \"b\")` gives an optional");
        break;
      default:
        break;
    }
    return std::nullopt;
  }
  mismatch(expr.span, print(type), value->type);
  return std::nullopt;
}

std::optional<plan::Expr> ExprChecker::condition(const syntax::Expr& expr, const ExprScope& scope,
                                                 Paths* proved) {
  if (const auto* both = std::get_if<syntax::Binary>(&expr.node);
      both != nullptr && (both->op == syntax::Operator::And || both->op == syntax::Operator::Or)) {
    return logic(*both, scope, proved);
  }
  if (const auto* paren = std::get_if<syntax::Paren>(&expr.node);
      paren && paren->items.size() == 1) {
    return condition(paren->items.front(), scope, proved);
  }
  auto value = check(expr, scope);
  if (!value) return std::nullopt;
  if (value->type.base != Base::Bool) {
    mismatch(expr.span, "a condition", value->type);
    return std::nullopt;
  }
  if (refuse_optional(*value, expr.span)) return std::nullopt;
  const auto* present = std::get_if<syntax::Present>(&expr.node);
  if (present != nullptr && proved != nullptr) {
    const std::string path = path_of(*present->value);
    if (!path.empty()) proved->insert(path);
  }
  return value;
}

std::optional<plan::Expr> ExprChecker::logic(const syntax::Binary& binary, const ExprScope& scope,
                                             Paths* proved) {
  const bool is_and = binary.op == syntax::Operator::And;
  Paths left;
  auto a = condition(*binary.lhs, scope, is_and ? &left : nullptr);
  ExprScope narrowed = scope;
  narrowed.present.insert(left.begin(), left.end());
  Paths right;
  auto b = condition(*binary.rhs, narrowed, is_and ? &right : nullptr);
  if (!a || !b) return std::nullopt;
  if (proved != nullptr) {
    proved->insert(left.begin(), left.end());
    proved->insert(right.begin(), right.end());
  }
  plan::Apply apply{is_and ? Function::And : Function::Or, {}};
  apply.arguments.push_back(std::move(*a));
  apply.arguments.push_back(std::move(*b));
  return plan::Expr{Type::of(Base::Bool), std::move(apply)};
}

}  // namespace mig::compiler
