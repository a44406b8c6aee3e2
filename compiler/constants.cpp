#include "compiler/constants.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/form.hpp"
#include "compiler/names.hpp"
#include "compiler/plan/overloaded.hpp"
#include "compiler/quantity.hpp"

namespace mig::compiler {
namespace {

using plan::Quantity;
using plan::Unit;

constexpr std::pair<std::string_view, Unit> kTypes[] = {
    {"duration", Unit::TimeSpan},   {"ratio", Unit::Ratio},    {"size", Unit::Size},
    {"rows", Unit::Rows},           {"req", Unit::Requests},   {"keys", Unit::Keys},
    {"int", Unit::Number},          {"text", Unit::Text},      {"bool", Unit::Bool},
    {"timestamp", Unit::Timestamp}, {"date", Unit::Timestamp}, {"time", Unit::TimeOfDay},
};

std::optional<std::int64_t> fits(__int128 value) {
  if (value > INT64_MAX || value < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::string show(const Constant& constant) {
  return constant.unit == Unit::Text ? fmt::format("\"{}\"", constant.text)
                                     : print(constant.quantity());
}

}  // namespace

std::optional<Unit> unit_of_type(const syntax::Expr& type) {
  if (const auto* rate = std::get_if<syntax::Binary>(&type.node)) {
    if (rate->op != syntax::Operator::Divide || name_of(*rate->rhs) != "s") return std::nullopt;
    const std::string_view counted = name_of(*rate->lhs);
    if (counted == "rows") return Unit::RowRate;
    if (counted == "req") return Unit::RequestRate;
    if (counted == "size") return Unit::ByteRate;
    return std::nullopt;
  }
  const std::string_view written = name_of(type);
  const auto found = std::ranges::find(kTypes, written, &std::pair<std::string_view, Unit>::first);
  return found == std::end(kTypes) ? std::nullopt : std::optional(found->second);
}

std::string with_article(Unit unit) {
  switch (unit) {
    case Unit::Rows:
    case Unit::Requests:
    case Unit::Keys:
      return fmt::format("a count of {}", name(unit));
    case Unit::RowRate:
    case Unit::ByteRate:
    case Unit::RequestRate:
      return fmt::format("a rate in {}", name(unit));
    case Unit::Text:
      return "a text";
    case Unit::Bool:
      return "true or false";
    default:
      return fmt::format("a {}", name(unit));
  }
}

Constants::Constants(const syntax::SourceSet& sources, const Program& program,
                     const Settings& settings, Diagnostics& diagnostics, NameIndex* index)
    : sources_(sources), diagnostics_(diagnostics), index_(index) {
  const auto declared = program.declarations(DeclarationKind::Param);
  for (const Declaration* declaration : declared)
    declare(*declaration);
  apply_env(program, settings.env);
  if (settings.sets != nullptr) apply_sets(program, *settings.sets);
  if (settings.test != nullptr) apply_test(program, *settings.test);
  for (const Declaration* declaration : declared) {
    const Param& param = params_[declaration];
    if (!param.value) continue;
    parameters_.push_back(plan::Parameter{declaration->name, std::string(name(param.unit)),
                                          show(*param.value), param.from});
  }
}

void Constants::declare(const Declaration& declaration) {
  Param& param = params_[&declaration];
  const Module& scope = *declaration.module;
  Form form(*declaration.statement, find_statement(Context::File, "param")->form, diagnostics_);
  form.name();
  const syntax::Expr* type = form.value(syntax::Mark::Colon);
  const syntax::Expr* fallback = form.value(syntax::Mark::Assign);
  form.end();
  if (!form.ok()) return;
  const auto unit = unit_of_type(*type);
  if (!unit) {
    std::vector<std::string> known;
    for (const auto& [written, one] : kTypes)
      known.emplace_back(written);
    diagnostics_.report(type->span, diag::UnknownName, "type", sources_.text(type->span))
        .help(fmt::format("a param is one of {}, rows/s, req/s, size/s", fmt::join(known, ", ")));
    return;
  }
  param.unit = *unit;
  const auto* ranged = std::get_if<syntax::Binary>(&fallback->node);
  if (ranged != nullptr && ranged->op == syntax::Operator::In) {
    param.range = range(*ranged->rhs, scope, *unit);
    fallback = ranged->lhs.get();
  }
  param.value = wanted(*fallback, scope, *unit);
  param.from = "default";
  if (param.value) check_range(*param.value, param);
}

void Constants::check_range(const Constant& value, const Param& param) {
  if (!param.range) return;
  const auto& [low, high] = *param.range;
  if (value.value >= low.value && value.value <= high.value) return;
  diagnostics_
      .report(value.span, diag::OutOfRange, show(value),
              fmt::format("{}..{}", show(low), show(high)))
      .label(low.span.to(high.span), "the range is declared here");
}

bool Constants::assign(const syntax::Statement& setting, const Declaration& declaration,
                       const std::string& from, const Module& scope) {
  if (!setting.is_intact) return false;
  const auto& operands = setting.operands;
  if (operands.size() != 1 || operands.front().mark != syntax::Mark::Assign) {
    diagnostics_.report(setting.word.span, diag::WrongForm, setting.word.text)
        .help("a param is set like `chunk = 500 rows`");
    return false;
  }
  return put(declaration, setting.operands.front().value, from, scope);
}

bool Constants::put(const Declaration& declaration, const syntax::Expr& expr,
                    const std::string& from, const Module& scope) {
  Param& param = params_[&declaration];
  const auto value = wanted(expr, scope, param.unit);
  if (!value) return false;
  check_range(*value, param);
  param.value = value;
  param.from = from;
  return true;
}

void Constants::apply_env(const Program& program, const std::string& env) {
  bool found = false;
  for (const Declaration* declaration : program.declarations(DeclarationKind::Env)) {
    if (declaration->module != &program.root()) continue;
    const bool chosen = declaration->name == env;
    found = found || chosen;
    if (!chosen || !declaration->statement->block) continue;
    for (const syntax::Statement& setting : declaration->statement->block->statements) {
      const Declaration* param = param_named(program, setting.word.text, setting.word.span);
      if (param != nullptr) assign(setting, *param, "env " + env, program.root());
    }
  }
  settings_ok_ = settings_ok_ && (found || env == "default");
}

// Null after a report.
const Declaration* Constants::param_named(const Program& program, std::string_view name,
                                          const syntax::Span& at) {
  const auto& names = program.root().names;
  const auto param = names.find(std::string(name));
  if (param != names.end() && param->second->kind == DeclarationKind::Param) {
    if (index_ != nullptr) index_->refer(at, param->second->span);
    return param->second;
  }
  std::vector<std::string> known;
  for (const auto* one : program.declarations(DeclarationKind::Param))
    known.push_back(one->name);
  diagnostics_.report(at, diag::UnknownName, "param", name).instead(nearest(name, known));
  return nullptr;
}

void Constants::apply_sets(const Program& program, const syntax::File& sets) {
  for (const syntax::Statement& setting : sets.statements) {
    const Declaration* param = param_named(program, setting.word.text, setting.word.span);
    settings_ok_ =
        param != nullptr && assign(setting, *param, "--set", program.root()) && settings_ok_;
  }
}

void Constants::apply_test(const Program& program, const syntax::Statement& test) {
  for (const syntax::Statement& line : test.block->statements) {
    if (line.word.text != "set") continue;
    Form form(line, find_statement(Context::Scenario, "set")->form, diagnostics_);
    const syntax::Expr* name = form.name();
    const syntax::Expr* value = form.value(syntax::Mark::Assign);
    form.end();
    if (!form.ok()) continue;
    const Declaration* found = param_named(program, name_of(*name), name->span);
    if (found != nullptr) put(*found, *value, "test", program.root());
  }
}

std::optional<Constant> Constants::evaluate(const syntax::Expr& expr, const Module& scope) {
  if (const auto* value = std::get_if<syntax::Literal>(&expr.node))
    return literal(*value, expr.span);
  if (const auto* value = std::get_if<syntax::Name>(&expr.node))
    return named(*value, expr.span, scope);
  if (const auto* value = std::get_if<syntax::Binary>(&expr.node))
    return binary(*value, expr.span, scope);
  if (const auto* paren = std::get_if<syntax::Paren>(&expr.node);
      paren && paren->items.size() == 1) {
    return evaluate(paren->items.front(), scope);
  }
  if (const auto* negated = std::get_if<syntax::Negate>(&expr.node)) {
    auto value = evaluate(*negated->value, scope);
    if (!value) return std::nullopt;
    value->value = -value->value;
    value->span = expr.span;
    return value;
  }
  if (std::holds_alternative<syntax::Missing>(expr.node)) return std::nullopt;
  diagnostics_.report(expr.span, diag::NotConstant)
      .help("a plan's settings are literals, params and arithmetic on them");
  return std::nullopt;
}

std::optional<Constant> Constants::literal(const syntax::Literal& literal,
                                           const syntax::Span& span) {
  std::expected<Quantity, LiteralMistake> quantity;
  switch (literal.kind) {
    case syntax::LiteralKind::Text:
    case syntax::LiteralKind::BlockText:
      return Constant{Unit::Text, 0, literal.value, span};
    case syntax::LiteralKind::Quantity: {
      auto number = read_quantity(literal.raw);
      if (!number) {
        quantity = std::unexpected(number.error());
      } else if (const auto* decimal = std::get_if<plan::Decimal>(&*number)) {
        const auto percent = rescaled(*decimal, 9);
        auto report = diagnostics_.report(span, diag::BareDecimal, literal.raw);
        if (percent) {
          const std::string ratio =
              print(Quantity{Unit::Ratio, static_cast<std::int64_t>(percent->digits)});
          report.help(fmt::format("a ratio is written `{}`", ratio)).fix(span, ratio);
        }
        return std::nullopt;
      } else {
        quantity = std::get<Quantity>(*number);
      }
      break;
    }
    case syntax::LiteralKind::Compound:
      quantity = read_compound(literal.raw);
      break;
    case syntax::LiteralKind::Timestamp:
      quantity = read_timestamp(literal.raw);
      break;
    case syntax::LiteralKind::TimeOfDay:
      quantity = read_time_of_day(literal.raw);
      break;
  }
  if (quantity) return Constant{quantity->unit, quantity->value, {}, span};
  const LiteralMistake& mistake = quantity.error();
  auto report = mistake.unknown_unit ? diagnostics_.report(span, diag::UnknownUnit, mistake.what)
                                     : diagnostics_.report(span, diag::BadNumber, mistake.what);
  if (!mistake.help.empty()) report.help(mistake.help);
  if (!mistake.meant.empty()) report.fix(span, mistake.meant);
  return std::nullopt;
}

std::optional<Constant> Constants::named(const syntax::Name& name, const syntax::Span& span,
                                         const Module& scope) {
  if (name.text == "true" || name.text == "false") {
    return Constant{Unit::Bool, name.text == "true" ? 1 : 0, {}, span};
  }
  const auto found = scope.names.find(name.text);
  if (found == scope.names.end() || found->second->kind != DeclarationKind::Param) {
    std::vector<std::string> known;
    for (const auto& [text, declaration] : scope.names) {
      if (declaration->kind == DeclarationKind::Param) known.push_back(text);
    }
    diagnostics_.report(span, diag::UnknownName, "param", name.text)
        .instead(nearest(name.text, known));
    return std::nullopt;
  }
  if (index_ != nullptr) index_->refer(span, found->second->span);
  const Param& param = params_[found->second];
  if (!param.value) return std::nullopt;  // its own mistake was reported
  Constant value = *param.value;
  value.span = span;
  return value;
}

std::optional<Constant> Constants::overflow(const syntax::Span& span) {
  diagnostics_.report(span, diag::BadNumber, "is larger than fits");
  return std::nullopt;
}

std::optional<Constant> Constants::binary(const syntax::Binary& binary, const syntax::Span& span,
                                          const Module& scope) {
  const auto lhs = evaluate(*binary.lhs, scope);
  const auto rhs = evaluate(*binary.rhs, scope);
  if (!lhs || !rhs) return std::nullopt;
  const auto result = [&](Unit unit, __int128 value) -> std::optional<Constant> {
    const auto narrow = fits(value);
    return narrow ? std::optional(Constant{unit, *narrow, {}, span}) : overflow(span);
  };
  const __int128 a = lhs->value;
  const __int128 b = rhs->value;
  const bool countable = lhs->unit != Unit::Text && lhs->unit != Unit::Bool &&
                         rhs->unit != Unit::Text && rhs->unit != Unit::Bool;
  switch (binary.op) {
    case syntax::Operator::Add:
    case syntax::Operator::Subtract:
      if (countable && lhs->unit == rhs->unit && lhs->unit != Unit::Timestamp) {
        return result(lhs->unit, binary.op == syntax::Operator::Add ? a + b : a - b);
      }
      break;
    case syntax::Operator::Multiply:
      if (countable && rhs->unit == Unit::Number) return result(lhs->unit, a * b);
      if (countable && lhs->unit == Unit::Number) return result(rhs->unit, a * b);
      if (lhs->unit == Unit::Ratio && rhs->unit == Unit::Ratio) {
        return result(Unit::Ratio, a * b / plan::Ratio::kWhole);
      }
      break;
    case syntax::Operator::Divide:
      if (b == 0) {
        diagnostics_.report(binary.rhs->span, diag::BadNumber,
                            "is zero, and nothing divides by it");
        return std::nullopt;
      }
      if (countable && rhs->unit == Unit::Number) return result(lhs->unit, a / b);
      // How long so many rows take at that rate; rates are stored per second times 10^9.
      if (lhs->unit == Unit::Rows && rhs->unit == Unit::RowRate) {
        return result(Unit::TimeSpan, a * 1'000'000'000 * 1'000'000'000 / b);
      }
      break;
    case syntax::Operator::Concat:
      if (lhs->unit == Unit::Text && rhs->unit == Unit::Text) {
        return Constant{Unit::Text, 0, lhs->text + rhs->text, span};
      }
      break;
    default:
      diagnostics_.report(span, diag::NotConstant)
          .help("a plan's settings are literals, params and arithmetic on them");
      return std::nullopt;
  }
  diagnostics_
      .report(binary.op_span, diag::NoArithmetic, syntax::text_of(binary.op),
              with_article(lhs->unit), with_article(rhs->unit))
      .label(lhs->span, fmt::format("this is {}", with_article(lhs->unit)))
      .label(rhs->span, fmt::format("this is {}", with_article(rhs->unit)));
  return std::nullopt;
}

std::optional<Constant> Constants::wanted(const syntax::Expr& expr, const Module& scope,
                                          Unit unit) {
  auto value = evaluate(expr, scope);
  if (!value || value->unit == unit) return value;
  auto report = diagnostics_.report(expr.span, diag::WrongUnit, with_article(unit),
                                    with_article(value->unit));
  if (value->unit == Unit::Number && unit == Unit::TimeSpan) {
    report.help(fmt::format("say the unit, such as `{}s`", value->value));
  } else if (value->unit == Unit::Number && unit == Unit::Ratio) {
    report.help(fmt::format("write `{}%`", value->value));
  } else if (value->unit == Unit::Number && (unit == Unit::Rows || unit == Unit::RowRate)) {
    report.help(fmt::format("write `{} {}`", value->value, name(unit)));
  }
  return std::nullopt;
}

std::optional<plan::Duration> Constants::duration(const syntax::Expr& expr, const Module& scope) {
  const auto value = wanted(expr, scope, Unit::TimeSpan);
  if (!value) return std::nullopt;
  if (value->value < 0) {
    diagnostics_.report(expr.span, diag::OutOfRange, show(*value), "what a duration can be here")
        .help("a wait is not negative");
    return std::nullopt;
  }
  return plan::Duration(value->value);
}

std::optional<plan::Ratio> Constants::ratio(const syntax::Expr& expr, const Module& scope) {
  const auto value = wanted(expr, scope, Unit::Ratio);
  if (!value) return std::nullopt;
  const auto share = plan::Ratio::from_parts(value->value);
  if (!share) diagnostics_.report(expr.span, diag::OutOfRange, show(*value), "0%..100%");
  return share;
}

std::optional<std::string> Constants::text(const syntax::Expr& expr, const Module& scope) {
  const auto value = wanted(expr, scope, Unit::Text);
  return value ? std::optional(value->text) : std::nullopt;
}

std::optional<bool> Constants::truth(const syntax::Expr& expr, const Module& scope) {
  const auto value = wanted(expr, scope, Unit::Bool);
  return value ? std::optional(value->value != 0) : std::nullopt;
}

std::optional<std::pair<Constant, Constant>> Constants::range(const syntax::Expr& expr,
                                                              const Module& scope, Unit unit) {
  const auto* ends = std::get_if<syntax::Binary>(&expr.node);
  if (ends == nullptr || ends->op != syntax::Operator::Range) {
    diagnostics_.report(expr.span, diag::WrongUnit, "a range", "a single value")
        .help("a range is written `a..b`");
    return std::nullopt;
  }
  auto low = wanted(*ends->lhs, scope, unit);
  auto high = wanted(*ends->rhs, scope, unit);
  if (!low || !high) return std::nullopt;
  if (high->value < low->value) {
    diagnostics_
        .report(expr.span, diag::OutOfRange, show(*high), fmt::format("{} and more", show(*low)))
        .help("the smaller end comes first");
    return std::nullopt;
  }
  return std::pair(std::move(*low), std::move(*high));
}

}  // namespace mig::compiler
