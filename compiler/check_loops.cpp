// The rows beside the one that drives a transform, and the loops over them, for the expression
// checker.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/check_expr.hpp"
#include "compiler/form.hpp"

namespace mig::compiler {

using plan::Type;

void ExprChecker::refuse_row(const syntax::Span& at, const std::string& name,
                             const ExprScope& scope) {
  auto report = analysis_.diagnostics.report(at, diag::NotAnExpression);
  const auto& turn = scope.element_rows;
  const bool is_turn = turn && name == scope.element;
  const ExprScope::Beside& rows = turn && is_turn ? *turn : scope.beside.at(name);
  const std::string& field = rows.entity->fields.back().name;
  if (is_turn) {
    report.help(fmt::format("it is a row: write one of its fields, such as `{}.{}`", name, field));
  } else if (rows.is_list) {
    report.help(
        fmt::format("it is a list of rows: write `join(x.{} for x in {}, \", \")` or "
                    "`count({})`",
                    field, name, name));
  } else {
    report.help(
        fmt::format("it is a row: write one of its fields, such as `{}.{}`, or ask whether "
                    "it is there: `{}?`",
                    name, field, name));
  }
}

std::optional<plan::Expr> ExprChecker::row_present(const syntax::Expr& name,
                                                   const ExprScope& scope) {
  const std::string written(name_of(name));
  const ExprScope::Beside& row = scope.beside.at(written);
  if (!row.is_list) return plan::Expr{Type::of(plan::Base::Bool), plan::FieldOf{row.first}};
  analysis_.diagnostics.report(name.span, diag::NotAnExpression)
      .help(
          fmt::format("a list is always there; ask whether it has rows: `count({}) > 0`", written));
  return std::nullopt;
}

std::optional<plan::Expr> ExprChecker::field_beside(const std::string& name,
                                                    const ExprScope::Beside& rows,
                                                    const syntax::Word& written,
                                                    const ExprScope& scope) {
  const auto& fields = rows.entity->fields;
  const auto found = std::ranges::find(fields, written.text, &plan::Field::name);
  if (found == fields.end()) {
    analysis_.report_unknown_field(written.span, *rows.entity, written.text);
    return std::nullopt;
  }
  analysis_.refer_to_field(written.span, *rows.entity,
                           static_cast<std::size_t>(found - fields.begin()));
  const std::uint32_t place = rows.place(static_cast<std::uint32_t>(found - fields.begin()));
  if (scope.used != nullptr) scope.used->insert(place);
  if (rows.is_list) {
    analysis_.diagnostics.report(written.span, diag::NotAnExpression)
        .help(fmt::format("`{}` is a list of rows: write `join(x.{} for x in {}, \", \")`", name,
                          written.text, name));
    return std::nullopt;
  }
  // A field that the row always has is there where the row is.
  const bool proved = scope.present.contains(name + "." + written.text) ||
                      (!found->type.optional && scope.present.contains(name));
  return plan::Expr{found->type.as_optional(!proved), plan::FieldOf{place}};
}

std::optional<plan::Expr> ExprChecker::field_of_turn(const ExprScope::Beside& rows,
                                                     const syntax::Word& written,
                                                     const ExprScope& scope) {
  const auto& fields = rows.entity->fields;
  const auto found = std::ranges::find(fields, written.text, &plan::Field::name);
  if (found == fields.end()) {
    analysis_.report_unknown_field(written.span, *rows.entity, written.text);
    return std::nullopt;
  }
  analysis_.refer_to_field(written.span, *rows.entity,
                           static_cast<std::size_t>(found - fields.begin()));
  const std::uint32_t place = rows.place(static_cast<std::uint32_t>(found - fields.begin()));
  if (scope.used != nullptr) scope.used->insert(place);
  const bool proved = scope.present.contains(scope.element + "." + written.text);
  return plan::Expr{found->type.as_optional(found->type.optional && !proved),
                    plan::LoopField{place}};
}

std::optional<plan::Expr> ExprChecker::loop(const syntax::Expr& loop, std::string_view word,
                                            ExprScope& scope) {
  const auto* in = std::get_if<syntax::Binary>(&loop.node);
  if (in == nullptr || in->op != syntax::Operator::In || name_of(*in->lhs).empty()) {
    analysis_.diagnostics.report(loop.span, diag::WrongForm, word)
        .help("a loop is written `for d in split(u.depends, \", \")`");
    return std::nullopt;
  }
  const std::string name(name_of(*in->lhs));
  if (scope.lets.contains(name) || name == scope.row || scope.beside.contains(name)) {
    analysis_.diagnostics.report(in->lhs->span, diag::DeclaredTwice, name);
    return std::nullopt;
  }
  if (!scope.element.empty()) {
    analysis_.diagnostics.report(loop.span, diag::WrongForm, word)
        .help("a loop stands in no other loop; give it a name with `let` before");
    return std::nullopt;
  }
  analysis_.names.declare(in->lhs->span);
  scope.places[name] = in->lhs->span;
  const auto rows = scope.beside.find(std::string(name_of(*in->rhs)));
  if (rows != scope.beside.end() && rows->second.is_list) {
    refer(*in->rhs, scope);
    scope.element = name;
    scope.element_rows = rows->second;
    // Every field has such a list, and all are equally long.
    return plan::Expr{Type::list(rows->second.entity->fields.front().type),
                      plan::FieldOf{rows->second.first}};
  }
  auto list = check(*in->rhs, scope);
  if (!list) return std::nullopt;
  if (list->type.base != plan::Base::List || list->type.optional) {
    mismatch(in->rhs->span, "a list", list->type);
    return std::nullopt;
  }
  scope.element = name;
  scope.element_type = list->type.element.front();
  return list;
}

std::optional<plan::Expr> ExprChecker::join(const syntax::Call& call, const syntax::Expr& at,
                                            const ExprScope& scope) {
  const auto& arguments = call.arguments;
  const auto misfit = [&] {
    analysis_.diagnostics
        .report(at.span, diag::WrongArguments, "join", "a text with its loop, and a separator")
        .help("write `join(d.name for d in ds, \", \")`");
    return std::nullopt;
  };
  if (arguments.size() != 2 || arguments[1].loop) return misfit();
  const auto& over = arguments[0].loop;
  if (!over) return misfit();
  ExprScope turn = scope;
  auto list = loop(*over, "join", turn);
  if (!list) return std::nullopt;
  auto text = fit(arguments[0].value, turn, Type::text());
  auto separator = fit(arguments[1].value, scope, Type::text());
  if (!text || !separator) return std::nullopt;
  plan::Join node;
  node.parts.push_back(std::move(*list));
  node.parts.push_back(std::move(*text));
  node.parts.push_back(std::move(*separator));
  return plan::Expr{Type::text(), std::move(node)};
}

}  // namespace mig::compiler
