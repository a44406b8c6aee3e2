#include "compiler/strategy_type.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "grammar/print.hpp"

namespace mig::compiler {
namespace {

struct NamedShape {
  std::string_view word;
  Shape shape;
  std::string_view wanted;   // as the object of a sentence
  std::string_view example;  // how a value is written
};
constexpr std::array kShapes = {
    NamedShape{"route", Shape::Route, "a route", "a route is `reads` or `writes`"},
    NamedShape{"gate", Shape::Gate, "a gate", "gates are joined with `and`"},
    NamedShape{"dataset", Shape::Dataset, "a dataset", "write its name, `old` or `new`"},
    NamedShape{"field", Shape::Field, "a field", "write its name, such as `id`"},
    NamedShape{"hash", Shape::Hash, "a hash", "it is written like `hash(id)`"},
    NamedShape{"days", Shape::Days, "a range of days", "it is written like `mon..thu`"},
    NamedShape{"moment", Shape::Moment, "a moment", "write `22:00`, or `2027-01-15T02:00:00Z`"},
    NamedShape{"word", Shape::Word, "a word", "write it without quotes"},
};

bool is_call_of(const syntax::Expr& expr, std::string_view name) {
  const auto* call = std::get_if<syntax::Call>(&expr.node);
  return call != nullptr && name_of(*call->callee) == name && !call->arguments.empty();
}

bool is_gate(const syntax::Expr& expr) {
  if (!name_of(expr).empty()) return true;
  if (const auto* paren = std::get_if<syntax::Paren>(&expr.node))
    return paren->items.size() == 1 && is_gate(paren->items.front());
  const auto* both = std::get_if<syntax::Binary>(&expr.node);
  return both != nullptr && both->op == syntax::Operator::And && is_gate(*both->lhs) &&
         is_gate(*both->rhs);
}

bool is_days(const syntax::Expr& expr) {
  if (!name_of(expr).empty()) return true;
  const auto* range = std::get_if<syntax::Binary>(&expr.node);
  return range != nullptr && range->op == syntax::Operator::Range &&
         !name_of(*range->lhs).empty() && !name_of(*range->rhs).empty();
}

// Whether the text can be that at all. What the names in it mean is checked where it comes to
// stand.
bool looks_like(const syntax::Expr& value, Shape shape) {
  const std::string_view name = name_of(value);
  switch (shape) {
    case Shape::Route:
      return name == "reads" || name == "writes";
    case Shape::Gate:
      return is_gate(value);
    case Shape::Field:
      return !name.empty() || std::holds_alternative<syntax::Member>(value.node);
    case Shape::Hash:
      return is_call_of(value, "hash");
    case Shape::Days:
      return is_days(value);
    case Shape::Dataset:
    case Shape::Word:
    case Shape::OneOf:
      return !name.empty();
    case Shape::Value:
    case Shape::Moment:
      break;
  }
  assert(false && "values are evaluated");
  return false;
}

bool is_moment(const syntax::Expr& value, Constants& constants, const Module& scope,
               Diagnostics& diagnostics) {
  const auto constant = constants.evaluate(value, scope);
  if (!constant) return false;
  if (constant->unit == plan::Unit::Timestamp || constant->unit == plan::Unit::TimeOfDay)
    return true;
  diagnostics.report(value.span, diag::WrongUnit, "a moment", with_article(constant->unit))
      .help("write `22:00`, or `2027-01-15T02:00:00Z`");
  return false;
}

bool is_one_of(const syntax::Expr& value, const StrategyType& type, const std::string& parameter,
               Diagnostics& diagnostics) {
  const std::string_view name = name_of(value);
  if (std::ranges::find(type.words, name) != type.words.end()) return true;
  const std::string near = did_you_mean(name, type.words);
  diagnostics.report(value.span, diag::UnknownName, parameter, syntax::print(value))
      .help(near.empty() ? fmt::format("it is one of {}", fmt::join(type.words, ", ")) : near);
  return false;
}

}  // namespace

std::optional<StrategyType> read_strategy_type(const syntax::Expr& written,
                                               const syntax::SourceSet& sources,
                                               Diagnostics& diagnostics) {
  const auto unknown = [&]() -> std::optional<StrategyType> {
    std::vector<std::string> words = {"duration", "ratio", "size", "rows",      "req",  "keys",
                                      "int",      "text",  "bool", "timestamp", "date", "time"};
    for (const NamedShape& one : kShapes)
      words.emplace_back(one.word);
    const std::string near = did_you_mean(name_of(written), words);
    diagnostics.report(written.span, diag::UnknownName, "type", sources.text(written.span))
        .help(near.empty() ? fmt::format("a parameter is one of {}, rows/s, one_of(a, b), a list "
                                         "`[ratio]`, or may be left out: `ratio?`",
                                         fmt::join(words, ", "))
                           : near);
    return std::nullopt;
  };
  if (const auto* present = std::get_if<syntax::Present>(&written.node)) {
    auto type = read_strategy_type(*present->value, sources, diagnostics);
    if (type) type->is_optional = true;
    return type;
  }
  if (const auto* list = std::get_if<syntax::List>(&written.node)) {
    if (list->items.size() != 1) return unknown();
    auto type = read_strategy_type(list->items.front(), sources, diagnostics);
    if (type && (type->is_list || type->is_optional)) return unknown();
    if (type) type->is_list = true;
    return type;
  }
  if (is_call_of(written, "one_of")) {
    StrategyType type{.shape = Shape::OneOf};
    for (const auto& argument : std::get<syntax::Call>(written.node).arguments) {
      const std::string_view word = name_of(argument.value);
      if (argument.name || argument.fallback || word.empty()) return unknown();
      type.words.emplace_back(word);
    }
    return type;
  }
  // `rows/s?` reads as `rows/(s?)`.
  if (const auto* rate = std::get_if<syntax::Binary>(&written.node)) {
    const auto* present = std::get_if<syntax::Present>(&rate->rhs->node);
    const bool is_rate = rate->op == syntax::Operator::Divide && name_of(*rate->lhs) == "rows" &&
                         name_of(present == nullptr ? *rate->rhs : *present->value) == "s";
    if (!is_rate) return unknown();
    return StrategyType{.unit = plan::Unit::RowRate, .is_optional = present != nullptr};
  }
  if (const auto unit = unit_of_type(written)) return StrategyType{.unit = *unit};
  const auto shape = std::ranges::find(kShapes, name_of(written), &NamedShape::word);
  if (shape == kShapes.end()) return unknown();
  return StrategyType{.shape = shape->shape};
}

bool has_type(const syntax::Expr& value, const StrategyType& type, const std::string& parameter,
              Constants& constants, const Module& scope, Diagnostics& diagnostics) {
  if (std::holds_alternative<syntax::Missing>(value.node)) return false;
  if (type.is_list) {
    StrategyType item = type;
    item.is_list = false;
    const auto* list = std::get_if<syntax::List>(&value.node);
    if (list == nullptr) {
      diagnostics
          .report(value.span, diag::WrongUnit, "a list", fmt::format("`{}`", syntax::print(value)))
          .help(fmt::format("`{}` is written like `[a, b]`", parameter));
      return false;
    }
    bool ok = true;
    for (const syntax::Expr& one : list->items)
      ok = has_type(one, item, parameter, constants, scope, diagnostics) && ok;
    return ok;
  }
  if (type.shape == Shape::Value) return constants.wanted(value, scope, type.unit).has_value();
  if (type.shape == Shape::Moment) return is_moment(value, constants, scope, diagnostics);
  if (type.shape == Shape::OneOf) return is_one_of(value, type, parameter, diagnostics);
  if (looks_like(value, type.shape)) return true;
  const auto named = std::ranges::find(kShapes, type.shape, &NamedShape::shape);
  diagnostics
      .report(value.span, diag::WrongUnit, named->wanted, fmt::format("`{}`", syntax::print(value)))
      .help(std::string(named->example));
  return false;
}

}  // namespace mig::compiler
