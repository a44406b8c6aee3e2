// `reads`: who answers, for which part of the keys and for which requests.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compiler/names.hpp"
#include "compiler/step_checker.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {

using plan::Action;

namespace {

std::vector<std::string> placeholders(std::string_view path) {
  std::vector<std::string> names;
  for (std::size_t open = path.find('{'); open != std::string_view::npos;
       open = path.find('{', open + 1)) {
    names.emplace_back(path.substr(open + 1, path.find('}', open) - open - 1));
  }
  return names;
}

// What stands in braces in the path of each of them.
std::vector<std::string> common_placeholders(const std::vector<plan::RequestRoute>& requests) {
  if (requests.empty()) return {};
  std::vector<std::string> common = placeholders(requests.front().path);
  for (const plan::RequestRoute& request : requests) {
    const auto own = placeholders(request.path);
    std::erase_if(
        common, [&](const std::string& name) { return std::ranges::find(own, name) == own.end(); });
  }
  return common;
}

}  // namespace

std::optional<Action> StepChecker::reads(const syntax::Statement& statement, Form& form) {
  if (form.word_if("through")) return reads_through(statement);
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
      !read_hash(action.by, action.by_request, action.share.has_value()) ||
      !read_fallback(action) || !is_routed(statement, action)) {
    return std::nullopt;
  }
  return action;
}

// `reads through`: the new side answers; what it misses is read from the old one and copied
// forward.
std::optional<Action> StepChecker::reads_through(const syntax::Statement& statement) {
  if (!has_none_of("reads through", {"by", "stale_ok", "fallback"}) ||
      !sees_requests(statement.span, "reads through")) {
    return std::nullopt;
  }
  return plan::RouteReads{.to = plan::Side::New, .through = true};
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

// The call in `by = hash(id)`; null after a report.
const syntax::Call* StepChecker::written_hash(const syntax::Expr& by) {
  const auto* call = std::get_if<syntax::Call>(&by.node);
  const bool is_hash =
      call != nullptr && name_of(*call->callee) == "hash" && !call->arguments.empty() &&
      std::ranges::none_of(call->arguments, [](const syntax::Argument& argument) {
        return argument.name || argument.fallback || name_of(argument.value).empty();
      });
  if (is_hash) return call;
  analysis_.diagnostics.report(by.span, diag::WrongForm, "by")
      .help("it is written like `by = hash(id)`");
  return nullptr;
}

// `by = hash(id)`, or the key of the old side: the fields whose value decides where a request goes.
// `is_shared`: the two sides divide the keys.
bool StepChecker::read_hash(std::vector<std::uint32_t>& by, std::vector<std::string>& by_request,
                            bool is_shared) {
  if (analysis_.plan.are_services()) return read_request_hash(by_request, is_shared);
  if (!scope_.names.old_side) return false;
  const plan::Entity& entity = analysis_.plan.entity_of(*scope_.names.old_side);
  const syntax::Expr* written = attribute("by");
  if (written == nullptr) return true;
  const syntax::Call* call = written_hash(*written);
  if (call == nullptr) return false;
  for (const syntax::Argument& argument : call->arguments) {
    const std::string name(name_of(argument.value));
    const auto field = std::ranges::find(entity.fields, name, &plan::Field::name);
    if (field == entity.fields.end()) {
      analysis_.report_unknown_field(argument.value.span, entity, name);
      return false;
    }
    analysis_.refer_to_field(argument.value.span, entity,
                             static_cast<std::size_t>(field - entity.fields.begin()));
    if (!can_be_hashed(*field, argument.value.span)) return false;
    by.push_back(static_cast<std::uint32_t>(field - entity.fields.begin()));
  }
  if (by == entity.key()) by.clear();  // what it is anyway
  return true;
}

// M4017: a request has no key unless the plan says what it is: what the router knows of it, or what
// stands in the path of every route.
bool StepChecker::read_request_hash(std::vector<std::string>& by, bool is_shared) {
  const plan::Plan& plan = analysis_.plan;
  std::vector<std::string> known;
  if (plan.through) known = plan.at(*plan.through).attributes;
  if (scope_.resource) {
    for (const std::string& name : common_placeholders(plan.at(*scope_.resource).requests))
      known.push_back(name);
  }
  const syntax::Expr* written = attribute("by");
  if (written == nullptr) {
    if (!is_shared) return true;
    auto report = analysis_.diagnostics.report(row_span_, diag::NoStickyKey, print_old(plan, plan));
    ToldRun run;
    run.mig(plan.at(phase_).name, "divides the requests by nothing", row_span_)
        .other("app", "a user sends a request, and `new` does it")
        .other("app", "the same user sends another one, and `old` answers");
    run.tell(report, "the user does not find at 3 what was done at 2");
    report.note("without one a user would be on either side from one request to the next")
        .help(known.empty() ? "name what the router knows of a request: `attributes = [user]`, and "
                              "`by = hash(user)`"
                            : fmt::format("write `by = hash({})`", known.front()));
    return false;
  }
  const syntax::Call* call = written_hash(*written);
  if (call == nullptr) return false;
  for (const syntax::Argument& argument : call->arguments) {
    const std::string name(name_of(argument.value));
    if (std::ranges::find(known, name) == known.end()) {
      const std::string near = did_you_mean(name, known);
      analysis_.diagnostics.report(argument.value.span, diag::UnknownName, "key of a request", name)
          .help(near.empty() ? "it is an attribute of the router, or stands in braces in the path "
                               "of every route"
                             : near);
      return false;
    }
    by.push_back(name);
  }
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
    static constexpr std::array kFailures = {std::pair("error", plan::ReadFailure::Error),
                                             std::pair("timeout", plan::ReadFailure::Timeout),
                                             std::pair("miss", plan::ReadFailure::Miss)};
    const auto* found =
        std::ranges::find_if(kFailures, [&](const auto& one) { return one.first == word; });
    if (found == kFailures.end()) {
      const std::string near = did_you_mean(word, {"error", "timeout", "miss"});
      analysis_.diagnostics
          .report(item.span, diag::UnknownName, "failure", analysis_.sources.text(item.span))
          .help(near.empty() ? "a fallback is on `error`, on `timeout`, on `miss`" : near);
      return false;
    }
    const plan::ReadFailure failure = found->second;
    if (failure == plan::ReadFailure::Miss && !sees_requests(item.span, "a fallback on a miss"))
      return false;
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
