#include "compiler/check_held_values.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/overloaded.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {
namespace {

using plan::Base;
using plan::Function;

// A copy with every `let` in the place of its name.
plan::Expr without_lets(const plan::Expr& expr, const std::vector<plan::Expr>& lets) {
  if (const auto* local = std::get_if<plan::Local>(&expr.node))
    return without_lets(lets.at(local->index), lets);
  plan::Expr copy = expr;
  std::vector<plan::Expr>* parts = nullptr;
  if (auto* apply = std::get_if<plan::Apply>(&copy.node)) parts = &apply->arguments;
  if (auto* choose = std::get_if<plan::Choose>(&copy.node)) parts = &choose->parts;
  if (auto* join = std::get_if<plan::Join>(&copy.node)) parts = &join->parts;
  if (parts == nullptr) return copy;
  for (plan::Expr& part : *parts)
    part = without_lets(part, lets);
  return copy;
}

const std::vector<plan::Expr>& parts_of(const plan::Expr& expr) {
  static const std::vector<plan::Expr> kNone;
  if (const auto* apply = std::get_if<plan::Apply>(&expr.node)) return apply->arguments;
  if (const auto* choose = std::get_if<plan::Choose>(&expr.node)) return choose->parts;
  if (const auto* join = std::get_if<plan::Join>(&expr.node)) return join->parts;
  return kNone;
}

bool is_apply(const plan::Expr& expr, Function function) {
  const auto* apply = std::get_if<plan::Apply>(&expr.node);
  return apply != nullptr && apply->function == function;
}

// The place in the row that goes in, of a field that stands there by itself.
std::optional<std::uint32_t> place_of(const plan::Expr& expr) {
  if (const auto* field = std::get_if<plan::FieldOf>(&expr.node)) return field->field;
  if (const auto* field = std::get_if<plan::LoopField>(&expr.node)) return field->field;
  if (is_apply(expr, Function::Widen)) return place_of(parts_of(expr).front());
  return std::nullopt;
}

std::optional<std::uint32_t> first_place_in(const plan::Expr& expr) {
  if (const auto place = place_of(expr)) return place;
  for (const plan::Expr& part : parts_of(expr)) {
    if (const auto place = first_place_in(part)) return place;
  }
  return std::nullopt;
}

// Whether the value can be absent at all, whatever its declared type says.
bool may_be_absent(const plan::Plan& plan, const plan::Transform& transform,
                   const plan::Expr& expr) {
  const auto any = [&](const std::vector<plan::Expr>& parts) {
    return std::ranges::any_of(
        parts, [&](const plan::Expr& part) { return may_be_absent(plan, transform, part); });
  };
  return std::visit(
      plan::Overloaded{
          [](const plan::Constant& it) { return std::holds_alternative<plan::Null>(it.value); },
          [&](const plan::FieldOf& it) {
            return plan::input_row(plan, transform).fields.at(it.field).type.optional;
          },
          [&](const plan::Local& it) {
            return may_be_absent(plan, transform, transform.lets.at(it.index));
          },
          [&](const plan::LoopElement&) { return expr.type.optional; },
          [](const plan::LoopIndex&) { return false; },
          [&](const plan::LoopField&) { return expr.type.optional; },
          [&](const plan::Apply& it) {
            if (it.function == Function::Widen) return any(it.arguments);
            if (it.function == Function::Coalesce)
              return may_be_absent(plan, transform, it.arguments.back());
            return expr.type.optional;
          },
          [&](const plan::Choose& it) {
            return any({it.parts[1], it.parts[2]});
          },
          [](const plan::Join&) { return false; },
      },
      expr.node);
}

// What a function that can fail leaves out; empty for any other, and where it cannot fail here.
std::string left_out_by(const plan::Expr& expr) {
  const auto* apply = std::get_if<plan::Apply>(&expr.node);
  if (apply == nullptr || apply->arguments.empty()) return {};
  const plan::Type& from = apply->arguments.front().type;
  const plan::Type& to = expr.type;
  if (widens(from.as_optional(false), to.as_optional(false))) return {};
  switch (apply->function) {
    case Function::TryI16:
      return "numbers outside -32_768..32_767";
    case Function::TryI32:
      return "numbers outside -2_147_483_648..2_147_483_647";
    case Function::TryText:
      return fmt::format("texts of more than {} characters", to.length);
    case Function::TryDecimal:
      return fmt::format("numbers of more than {} digits, or more than {} behind the point",
                         to.precision, to.scale);
    case Function::TryOneOf: {
      if (from.base != Base::OneOf)
        return fmt::format("words other than `{}`", fmt::join(to.members, "`, `"));
      std::vector<std::string> others;
      std::ranges::copy_if(from.members, std::back_inserter(others), [&](const auto& member) {
        return std::ranges::find(to.members, member) == to.members.end();
      });
      return others.empty() ? "" : fmt::format("`{}`", fmt::join(others, "`, `"));
    }
    case Function::ToI64:
      return "texts that are no whole number";
    case Function::ToDecimal:
      return "texts that are no number";
    case Function::ToBool:
      return "texts that are neither true nor false";
    case Function::ParseTimestamp:
      return "texts that are no time";
    default:
      return {};
  }
}

class HeldValues {
 public:
  HeldValues(const plan::Plan& plan, plan::TransformId via, plan::TransformId back)
      : plan_(plan), via_(plan.at(via)), back_(plan.at(back)) {
    owners_.push_back({plan.at(back_.input), 0});
    auto first = static_cast<std::uint32_t>(owners_.back().entity.fields.size());
    for (const plan::Companion& companion : back_.companions) {
      const std::uint32_t there = companion.is_list ? 0 : 1;
      owners_.push_back({plan.at(companion.entity), first + there});
      first += plan::input_width(plan, companion);
    }
  }

  struct Loss {
    std::string text;
    std::string refusal;  // the rule of the new side that makes it right
  };

  std::vector<Loss> losses() {
    const plan::Entity& old_side = plan_.entity_of(plan_.from);
    const plan::Emit& emit = back_.emits.front();
    for (std::size_t i = 0; i < old_side.fields.size(); ++i) {
      field_ = fmt::format("{}.{}", old_side.name, old_side.fields[i].name);
      const plan::Expr value = without_lets(emit.values[i], back_.lets);
      find_narrowings(value);
      if (!old_side.fields[i].type.optional) find_absence(value);
    }
    return losses_;
  }

 private:
  // Whose field stands at a place of the row that goes into `back`.
  struct Owner {
    plan::Entity entity;
    std::uint32_t first = 0;
    bool holds(std::uint32_t place) const {
      return place >= first && place < first + entity.fields.size();
    }
  };

  const Owner* owner_of(std::uint32_t place) const {
    const auto found =
        std::ranges::find_if(owners_, [&](const Owner& owner) { return owner.holds(place); });
    return found == owners_.end() ? nullptr : &*found;
  }

  // The expression as a rule of the owner sees it.
  static plan::Expr as_in_rules(const Owner& owner, const plan::Expr& expr) {
    if (const auto place = place_of(expr); place && !is_apply(expr, Function::Widen)) {
      if (!owner.holds(*place)) return expr;
      const std::uint32_t field = *place - owner.first;
      return plan::Expr{owner.entity.fields[field].type, plan::FieldOf{field}};
    }
    plan::Expr copy = expr;
    if (auto* apply = std::get_if<plan::Apply>(&copy.node)) {
      for (plan::Expr& argument : apply->arguments)
        argument = as_in_rules(owner, argument);
    }
    return copy;
  }

  // Whatever is taken where the value is absent: of a value that is there both say the same.
  static plan::Expr bare(const plan::Expr& expr) {
    if (is_apply(expr, Function::Coalesce)) return bare(parts_of(expr).front());
    plan::Expr copy = expr;
    copy.type.optional = false;
    if (auto* apply = std::get_if<plan::Apply>(&copy.node)) {
      for (plan::Expr& argument : apply->arguments)
        argument = bare(argument);
    }
    return copy;
  }

  // `where try_i32(age)? else …`, alone or beside others with `and`.
  static bool proves(const plan::Expr& condition, const plan::Expr& value) {
    if (is_apply(condition, Function::And)) {
      return std::ranges::any_of(parts_of(condition),
                                 [&](const plan::Expr& part) { return proves(part, value); });
    }
    if (!is_apply(condition, Function::Present)) return false;
    return bare(parts_of(condition).front()) == bare(value);
  }

  bool is_refused(const Owner& owner, const plan::Expr& value) const {
    const plan::Expr seen = as_in_rules(owner, value);
    return std::ranges::any_of(
        owner.entity.rules, [&](const plan::Rule& rule) { return proves(rule.condition, seen); });
  }

  void add(std::string text, std::string refusal) {
    const auto same = [&](const Loss& loss) { return loss.text == text; };
    if (std::ranges::none_of(losses_, same))
      losses_.push_back({std::move(text), std::move(refusal)});
  }

  void find_narrowings(const plan::Expr& expr) {
    for (const plan::Expr& part : parts_of(expr))
      find_narrowings(part);
    const std::string left_out = left_out_by(expr);
    const auto place = left_out.empty() ? std::nullopt : first_place_in(expr);
    if (!place) return;
    const Owner* owner = owner_of(*place);
    if (owner == nullptr || is_refused(*owner, expr)) return;
    const plan::Field& field = owner->entity.fields[*place - owner->first];
    const auto function = std::get<plan::Apply>(expr.node).function;
    const bool is_plain = place_of(parts_of(expr).front()).has_value();
    add(fmt::format("`{}.{}` can hold {}, and they do not come to `{}`: `{}` makes nothing of them",
                    owner->entity.name, field.name, left_out, field_, name(function)),
        fmt::format("where {}({}{})? else \"…\"", name(function), is_plain ? "" : "…",
                    is_plain ? field.name + more_arguments(expr) : ""));
  }

  // Behind the first argument, as the language writes them.
  static std::string more_arguments(const plan::Expr& expr) {
    std::string text;
    const auto& arguments = parts_of(expr);
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      const auto* constant = std::get_if<plan::Constant>(&arguments[i].node);
      text += ", " + (constant == nullptr ? std::string("…") : print(constant->value));
    }
    return text;
  }

  // The field of the driving row for whose absence something else is taken.
  static std::optional<std::uint32_t> replaced_where_absent(const plan::Expr& expr) {
    if (is_apply(expr, Function::Widen)) return replaced_where_absent(parts_of(expr).front());
    if (is_apply(expr, Function::Coalesce)) return place_of(parts_of(expr).front());
    const auto* choose = std::get_if<plan::Choose>(&expr.node);
    if (choose == nullptr || !is_apply(choose->parts.front(), Function::Present))
      return std::nullopt;
    return place_of(parts_of(choose->parts.front()).front());
  }

  // Nothing and something else become one on the way back; `via` only ever makes the something.
  void find_absence(const plan::Expr& value) {
    const auto place = replaced_where_absent(value);
    const Owner& driver = owners_.front();
    if (!place || !driver.holds(*place)) return;
    const plan::Field& field = driver.entity.fields[*place];
    if (!field.type.optional) return;
    const bool is_made = std::ranges::any_of(via_.emits, [&](const plan::Emit& emit) {
      return emit.entity == back_.input && may_be_absent(plan_, via_, emit.values[*place]);
    });
    const plan::Expr itself{field.type, plan::FieldOf{*place}};
    if (is_made || is_refused(driver, itself)) return;
    add(fmt::format("`{}.{}` can be absent, which `{}` never makes it, and `{}` cannot",
                    driver.entity.name, field.name, via_.name, field_),
        fmt::format("where {}? else \"…\"", field.name));
  }

  const plan::Plan& plan_;
  const plan::Transform& via_;
  const plan::Transform& back_;
  std::vector<Owner> owners_;  // the driving row's, then the companions'
  std::string field_;          // of the old side, whose value is looked at
  std::vector<Loss> losses_;
};

}  // namespace

void check_held_values(Analysis& analysis, const syntax::Span& at) {
  const plan::Plan& plan = analysis.plan;
  const auto& via = plan.via;
  const auto& way_back = plan.back;
  assert(via && way_back);
  const auto losses = HeldValues(plan, *via, *way_back).losses();
  if (losses.empty()) return;
  const plan::Transform& back = plan.at(*way_back);
  auto report =
      analysis.diagnostics.report(at, diag::InverseNotTotal, back.name, plan.at(back.input).name,
                                  plan.entity_of(plan.from).name);
  ToldRun run;
  run.other("app", fmt::format("WRITE a `{}` to new, acknowledged", plan.at(back.input).name))
      .other("you", "mig rollback")
      .undo("", fmt::format("`{}` finds no value for it that the old side can hold", back.name), at)
      .other("app", "READ it from old: it is not there as it was written");
  run.tell(report, "what a client wrote at 1 is lost at 4");
  for (const HeldValues::Loss& loss : losses)
    report.note(loss.text);
  report.help(fmt::format("let the new side refuse what the old one cannot hold: `{}`",
                          losses.front().refusal));
  report.help("or give the old side room for it before the plan runs");
}

}  // namespace mig::compiler
