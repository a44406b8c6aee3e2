// Steps that look at requests on their way: shadow, parity, freeze, capture; and what a step may
// ask of the router.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/names.hpp"
#include "compiler/step_checker.hpp"

namespace mig::compiler {

using plan::Action;

// Of the kinds of router, those that requests pass through do more than tell where to go.
bool StepChecker::sees_requests(const syntax::Span& at, std::string_view what) {
  const auto& through = analysis_.plan.through;
  if (!through) {
    // Named and broken, it was reported already.
    if (scope_.names.has_router) return false;
    analysis_.diagnostics.report(at, diag::MissingPart, what, "through")
        .help("name the router that the requests pass through: `through edge`");
    return false;
  }
  const plan::Router& router = analysis_.plan.at(*through);
  if (can(router.kind, plan::RouterAbility::Requests)) return true;
  analysis_.diagnostics
      .report(at, diag::Incapable,
              fmt::format("`{}` needs a router that requests pass through, and `{}` is of kind "
                          "`{}`",
                          what, router.name, name(router.kind)))
      .note(fmt::format("a `{}` router tells the application where to go, and sees no request",
                        name(router.kind)))
      .help(
          "let the requests pass through a router of kind `redis`, `http` or `postgres`: "
          "`router edge: redis { listen = \"127.0.0.1:6400\" }`");
  return false;
}

// Whether the statement begins with `reads`, or with `auth.reads` inside the resource or the
// feature `auth`; nothing after a report.
std::optional<bool> StepChecker::route(Form& form, const syntax::Statement& statement,
                                       std::string_view word) {
  const syntax::Expr* first =
      statement.operands.empty() ? nullptr : &statement.operands.front().value;
  const auto* member = first == nullptr ? nullptr : std::get_if<syntax::Member>(&first->node);
  const bool is_member = member != nullptr && member->field.text == word;
  if (!is_member) return form.word_if(word);
  const std::string_view owner = name_of(*member->object);
  if (scope_.resource && owner == scope_.resource_name) return form.value() != nullptr;
  auto report = analysis_.diagnostics.report(member->object->span, diag::UnknownName, "route here",
                                             analysis_.sources.text(first->span));
  if (scope_.resource) {
    report
        .note(
            fmt::format("this phase belongs to `{}`, which moves on its own", scope_.resource_name))
        .help(fmt::format("write `{}`", word));
  }
  return std::nullopt;
}

bool StepChecker::read_texts(std::string_view attribute, std::vector<std::string>& into) {
  for (const syntax::Statement* statement : attributes_->all(attribute)) {
    Form form(*statement, fmt::format("{} \"$.items\"", attribute), analysis_.diagnostics);
    for (const syntax::Expr* item : form.list()) {
      const auto text = analysis_.constants.text(*item, *scope_.module);
      if (!text) return false;
      if (!text->starts_with('$')) {
        analysis_.diagnostics.report(item->span, diag::WrongForm, attribute)
            .help("a path in an answer begins with `$`, such as `\"$.meta.ts\"`");
        return false;
      }
      into.push_back(*text);
    }
    form.end();
    if (!form.ok()) return false;
  }
  return true;
}

// `shadow reads 100% { ignore "$.meta.ts"; unordered "$.items" }`, `shadow off`
std::optional<Action> StepChecker::shadow(const syntax::Statement& statement, Form& form) {
  if (form.word_if("off")) {
    const plan::StepId here{static_cast<std::uint32_t>(analysis_.plan.steps.size())};
    const bool is_on = plan::shadow_before(analysis_.plan, phase_, here).share != plan::Ratio();
    if (is_on && (!statement.block || statement.block->statements.empty())) return plan::Shadow{};
    analysis_.diagnostics.report(statement.span, diag::WrongForm, "shadow off")
        .note(is_on ? "it says nothing of answers that are compared no longer"
                    : "no answers are compared here")
        .help("it ends a `shadow reads …` above it in its phase, which would end with the phase");
    return std::nullopt;
  }
  const auto is_reads = route(form, statement, "reads");
  if (!is_reads) return std::nullopt;
  if (!*is_reads) {
    form.misfit();
    return std::nullopt;
  }
  const syntax::Expr* written = form.value();
  if (written == nullptr) return std::nullopt;
  const auto share = analysis_.constants.ratio(*written, *scope_.module);
  if (!share) return std::nullopt;
  if (share->parts() == 0) {
    analysis_.diagnostics.report(written->span, diag::OutOfRange, "0%", "0.0000001%..100%")
        .help("no answers are compared: write `shadow off`");
    return std::nullopt;
  }
  plan::Shadow action{.share = *share};
  const bool is_read =
      read_texts("ignore", action.ignore) && read_texts("unordered", action.unordered);
  if (!is_read || !sees_requests(statement.span, "shadow")) return std::nullopt;
  return action;
}

// `parity "suite.json"`
std::optional<Action> StepChecker::parity(const syntax::Statement& statement, Form& form) {
  const auto suite = quoted(form);
  if (!suite || !sees_requests(statement.span, "parity")) return std::nullopt;
  return plan::Parity{*suite};
}

// `freeze contract "events.json"`
std::optional<Action> StepChecker::freeze(Form& form) {
  if (!form.word("contract")) return std::nullopt;
  const auto contract = quoted(form);
  if (!contract) return std::nullopt;
  return plan::Freeze{*contract};
}

// `capture baseline before`
std::optional<Action> StepChecker::capture(const syntax::Statement& statement, Form& form) {
  if (!form.word("baseline")) return std::nullopt;
  const syntax::Expr* name = form.name();
  if (name == nullptr) return std::nullopt;
  const std::string baseline(name_of(*name));
  for (std::uint32_t i = 0; i < analysis_.plan.steps.size(); ++i) {
    const auto* earlier = std::get_if<plan::Capture>(&analysis_.plan.steps[i].action);
    if (earlier == nullptr || earlier->baseline != baseline ||
        !analysis_.plan.sees(plan::StepId{i})) {
      continue;
    }
    analysis_.diagnostics.report(name->span, diag::DeclaredTwice, baseline)
        .label(scope_.step_spans->at(i), "it is captured here");
    return std::nullopt;
  }
  if (!sees_requests(statement.span, "capture")) return std::nullopt;
  return plan::Capture{baseline};
}

// M1001: a gate that compares with what no step above has kept.
bool StepChecker::has_baseline(const plan::Gate& gate, const syntax::Span& at) {
  std::vector<std::string> known;
  for (std::uint32_t i = 0; i < analysis_.plan.steps.size(); ++i) {
    const auto* capture = std::get_if<plan::Capture>(&analysis_.plan.steps[i].action);
    if (capture != nullptr && analysis_.plan.sees(plan::StepId{i}))
      known.push_back(capture->baseline);
  }
  std::vector<const plan::Reading*> readings;
  for (const plan::Clause& clause : gate.clauses) {
    readings.push_back(&clause.reading);
    for (const plan::Measured& limit : clause.measured)
      readings.push_back(&limit.of);
  }
  for (const plan::Reading* one : readings) {
    const auto* reading = std::get_if<plan::ArmReading>(one);
    if (reading == nullptr || reading->arm != plan::Arm::Captured) continue;
    if (std::ranges::find(known, reading->baseline) != known.end()) continue;
    const std::string near = did_you_mean(reading->baseline, known);
    analysis_.diagnostics.report(at, diag::UnknownName, "baseline", reading->baseline)
        .note(fmt::format("`{}` asks for it", gate.name))
        .help(near.empty()
                  ? fmt::format("keep it in a step above: `capture baseline {}`", reading->baseline)
                  : near);
    return false;
  }
  return true;
}

}  // namespace mig::compiler
