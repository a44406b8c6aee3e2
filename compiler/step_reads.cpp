// `reads`: who answers, for which part of the keys and for which requests.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/names.hpp"
#include "compiler/step_checker.hpp"

namespace mig::compiler {

using plan::Action;

std::optional<Action> StepChecker::reads(const syntax::Statement& statement, Form& form) {
  if (form.word_if("through")) {
    analysis_.diagnostics
        .report(statement.operands.front().value.span, diag::LaterStatement, "reads through")
        .note("no router of this version copies forward what the new side misses")
        .help("copy with `scan`, then let the new side answer: `reads new 5%`");
    return std::nullopt;
  }
  const auto to = side(form, false);
  if (!to) return std::nullopt;
  plan::RouteReads action{.to = *to};
  std::optional<plan::Duration> stale_ok;
  if (!read_duration("stale_ok", stale_ok)) return std::nullopt;
  action.stale_ok = stale_ok.value_or(plan::Duration::zero());
  if (*to == plan::Side::Old) {
    for (const char* name : {"by", "fallback"}) {
      const WrittenAttribute* written = attributes_->find(name);
      if (written == nullptr) continue;
      analysis_.diagnostics
          .report(written->statement->word.span, diag::UnknownAttribute, "reads old", name)
          .help("only `reads new` has it");
      return std::nullopt;
    }
    return action;
  }
  if (!read_where(form, action) || (!form.at_end() && !read_share(form.value(), action)) ||
      !read_hash(action) || !read_fallback(action) || !is_routed(statement, action)) {
    return std::nullopt;
  }
  return action;
}

// `where region in ["eu", "uk"] and tier in ["free"]`
bool StepChecker::read_where(Form& form, plan::RouteReads& action) {
  if (!form.word_if("where")) return true;
  const syntax::Expr* conditions = form.value();
  return conditions != nullptr && read_condition(*conditions, action);
}

bool StepChecker::read_condition(const syntax::Expr& condition, plan::RouteReads& action) {
  const auto* binary = std::get_if<syntax::Binary>(&condition.node);
  if (binary != nullptr && binary->op == syntax::Operator::And)
    return read_condition(*binary->lhs, action) && read_condition(*binary->rhs, action);
  const bool is_in = binary != nullptr && binary->op == syntax::Operator::In;
  const auto* list = is_in ? std::get_if<syntax::List>(&binary->rhs->node) : nullptr;
  if (list == nullptr || list->items.empty() || name_of(*binary->lhs).empty()) {
    analysis_.diagnostics.report(condition.span, diag::WrongForm, "where")
        .help("it is written like `where region in [\"eu\", \"uk\"]`");
    return false;
  }
  plan::AttributeIn one{.attribute = std::string(name_of(*binary->lhs)), .values = {}};
  if (analysis_.plan.through) {
    const plan::Router& router = analysis_.plan.at(*analysis_.plan.through);
    if (std::ranges::find(router.attributes, one.attribute) == router.attributes.end()) {
      auto report = analysis_.diagnostics.report(binary->lhs->span, diag::UnknownName, "attribute",
                                                 one.attribute);
      const std::string near = did_you_mean(one.attribute, router.attributes);
      report.help(near.empty() ? fmt::format("the router says what a request can say about itself: "
                                             "`attributes = [{}]`",
                                             one.attribute)
                               : near);
      return false;
    }
  }
  for (const syntax::Expr& item : list->items) {
    const auto value = analysis_.constants.text(item, *scope_.module);
    if (!value) return false;
    one.values.push_back(*value);
  }
  action.where.push_back(std::move(one));
  return true;
}

bool StepChecker::read_share(const syntax::Expr* written, plan::RouteReads& action) {
  if (written == nullptr) return false;
  const auto share = analysis_.constants.ratio(*written, *scope_.module);
  if (!share) return false;
  if (share->parts() == 0) {
    analysis_.diagnostics.report(written->span, diag::OutOfRange, "0%", "0.0000001%..100%")
        .help("nobody reads from `new`: write `reads old`");
    return false;
  }
  if (*share != plan::Ratio::percent(100)) action.share = *share;
  return true;
}

// `by = hash(id)`, or the key of the old side: the fields whose value decides where a request goes.
bool StepChecker::read_hash(plan::RouteReads& action) {
  if (!scope_.names.old_side) return false;
  const plan::Entity& entity = analysis_.plan.entity_of(*scope_.names.old_side);
  const syntax::Expr* by = attribute("by");
  if (by == nullptr) return true;
  const auto* call = std::get_if<syntax::Call>(&by->node);
  const bool is_hash =
      call != nullptr && name_of(*call->callee) == "hash" && !call->arguments.empty() &&
      std::ranges::none_of(call->arguments, [](const syntax::Argument& argument) {
        return argument.name || argument.fallback || name_of(argument.value).empty();
      });
  if (!is_hash) {
    analysis_.diagnostics.report(by->span, diag::WrongForm, "by")
        .help("it is written like `by = hash(id)`");
    return false;
  }
  for (const syntax::Argument& argument : call->arguments) {
    const std::string name(name_of(argument.value));
    const auto field = std::ranges::find(entity.fields, name, &plan::Field::name);
    if (field == entity.fields.end()) {
      analysis_.report_unknown_field(argument.value.span, entity, name);
      return false;
    }
    if (!can_be_hashed(*field, argument.value.span)) return false;
    action.by.push_back(static_cast<std::uint32_t>(field - entity.fields.begin()));
  }
  if (action.by == entity.key()) action.by.clear();  // what it is anyway
  return true;
}

// Every client has to spell the value in the same bytes.
bool StepChecker::can_be_hashed(const plan::Field& field, const syntax::Span& at) {
  if (field.type.optional) {
    analysis_.diagnostics.report(at, diag::MaybeAbsent, field.name)
        .help("a key that decides where a request goes is always there");
    return false;
  }
  const plan::Base base = field.type.base;
  const bool has_spelling =
      base != plan::Base::F64 && base != plan::Base::Json && base != plan::Base::List;
  if (!has_spelling) {
    analysis_.diagnostics
        .report(at, diag::TypeMismatch, "a type with one spelling", print(field.type))
        .help("hash an integer, a text, a uuid, a date or a timestamp");
  }
  return has_spelling;
}

// `fallback = old on [error, timeout]`
bool StepChecker::read_fallback(plan::RouteReads& action) {
  const WrittenAttribute* written = attributes_->find("fallback");
  if (written == nullptr) return true;
  Form form(*written->statement, "fallback = old on [error, timeout]", analysis_.diagnostics);
  const syntax::Expr* to = form.value(syntax::Mark::Assign);
  if (to == nullptr) return false;
  if (name_of(*to) != "old" || !form.word("on")) {
    form.misfit();
    return false;
  }
  const syntax::Expr* failures = form.value();
  const auto* list = failures == nullptr ? nullptr : std::get_if<syntax::List>(&failures->node);
  if (list == nullptr || list->items.empty()) form.misfit();
  form.end();
  if (!form.ok()) return false;
  for (const syntax::Expr& item : list->items) {
    const std::string_view word = name_of(item);
    if (word == "miss") {
      analysis_.diagnostics.report(item.span, diag::LaterStatement, "a fallback on a miss")
          .note(
              "a miss means something only where the copy has not been yet, and no router of "
              "this version knows how far it is");
      return false;
    }
    if (word != "error" && word != "timeout") {
      analysis_.diagnostics
          .report(item.span, diag::UnknownName, "failure", analysis_.sources.text(item.span))
          .help("a fallback is on `error`, on `timeout`, or on both");
      return false;
    }
    const auto failure = word == "error" ? plan::ReadFailure::Error : plan::ReadFailure::Timeout;
    if (std::ranges::find(action.fallback, failure) != action.fallback.end()) {
      analysis_.diagnostics.report(item.span, diag::DeclaredTwice, word);
      return false;
    }
    action.fallback.push_back(failure);
  }
  return true;
}

// Without a router nobody splits requests, and nobody asks a second time.
bool StepChecker::is_routed(const syntax::Statement& statement, const plan::RouteReads& action) {
  const plan::RouteReads whole{.to = plan::Side::New, .stale_ok = action.stale_ok};
  if (action == whole || scope_.names.has_router) return true;
  analysis_.diagnostics.report(statement.span, diag::MissingPart, "reads", "through")
      .help("nobody splits requests or asks twice without a router: write `through glue`");
  return false;
}

}  // namespace mig::compiler
