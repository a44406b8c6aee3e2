// `writes`: who takes writes, and how the other side gets them.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compiler/names.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/step_checker.hpp"

namespace mig::compiler {

using plan::Action;
using plan::Side;
using plan::WriteMode;

namespace {
constexpr plan::Duration kMostLag = std::chrono::seconds(5);
constexpr plan::Duration kLongestPause = std::chrono::seconds(2);

struct Mode {
  std::string_view word;
  WriteMode mode;
};
constexpr std::array kModes = {Mode{"follow", WriteMode::Follow},
                               Mode{"transaction", WriteMode::Transaction},
                               Mode{"app", WriteMode::App}};
}  // namespace

// `writes old, new { mode = follow; max_lag = 5s }`
std::optional<Action> StepChecker::writes(const syntax::Statement& statement, Form& form) {
  const auto to = side(form, true);
  if (!to) return std::nullopt;
  plan::RouteWrites action{.to = *to};
  const syntax::Expr* other = form.value_if(syntax::Mark::Comma);
  if (other != nullptr) {
    const std::string_view wanted = *to == Side::Old ? "new" : "old";
    if (*to == Side::None || name_of(*other) != wanted) {
      form.misfit();
      return std::nullopt;
    }
  }
  if (!is_of_all(form)) return std::nullopt;
  const plan::WritesState writes = writes_before();
  const Side before = writes.authority;
  if (before == Side::New && *to != Side::New) {
    analysis_.diagnostics.report(statement.span, diag::WrongForm, "writes")
        .note("the writes go to `new` already")
        .help("a plan moves them once; `mig rollback` moves them back");
    return std::nullopt;
  }
  if (writes.forward && *to == Side::Old && other == nullptr) {
    analysis_.diagnostics.report(statement.span, diag::WrongForm, "writes")
        .label(scope_.step_spans->at(writes.forward->index), "from here on the new side follows")
        .help("go on with `writes new`; `mig rollback` takes everything back");
    return std::nullopt;
  }
  const bool moves = *to == Side::New && before == Side::Old && other != nullptr;
  const bool reads_all =
      read_limit("max_downtime", *to == Side::None, "writes none", action.max_downtime) &&
      read_limit("max_pause", moves, "`writes new, old` where the writes move", action.max_pause) &&
      read_mode(statement, other != nullptr, action);
  if (!reads_all) return std::nullopt;
  if (*to == Side::New && other != nullptr && !may_lead_back(statement, before))
    return std::nullopt;
  const bool follows = action.mirror == WriteMode::Follow;
  if (!read_limit("max_lag", follows, "mode = follow", action.max_lag)) return std::nullopt;
  if (follows && !action.max_lag) action.max_lag = kMostLag;
  if (moves && !action.max_pause) action.max_pause = kLongestPause;
  return action;
}

// Guards in a store refuse whoever writes where it may not, and they know tables, not shares of
// keys: a writer behind the switch would not be noticed.
bool StepChecker::is_of_all(Form& form) {
  if (const syntax::Expr* share = form.value_if(syntax::Mark::None)) {
    analysis_.diagnostics.report(share->span, diag::LaterStatement, "a share of the writes")
        .note("the guards of this version refuse a whole table, and not some of its keys")
        .help("move the reads share by share, then all writes at once");
    return false;
  }
  const WrittenAttribute* by = attributes_->find("by");
  if (by == nullptr) return true;
  analysis_.diagnostics.report(by->statement->word.span, diag::UnknownAttribute, "writes", "by")
      .help("it is said of reads, which move share by share");
  return false;
}

// The old side can follow the new one only where the plan says what new rows are on it, and only
// from the moment at which the writes move: what came before is logged nowhere.
bool StepChecker::may_lead_back(const syntax::Statement& statement, Side before) {
  const plan::Plan& plan = analysis_.plan;
  if (before == Side::New && !writes_before().reverse) {
    analysis_.diagnostics.report(statement.span, diag::WrongForm, "writes")
        .note("the writes go to `new` already, and `old` misses those since")
        .help("write `writes new, old` where the writes move");
    return false;
  }
  if (!plan.via || plan.back) return true;
  analysis_.diagnostics.report(statement.span, diag::MissingPart, "writes new, old", "back")
      .note(fmt::format("`{}` says what old rows become, and nothing says the way back",
                        plan.at(*plan.via).name))
      .help("declare the inverse transform and name it with `back`");
  return false;
}

// Who takes writes where the step that is read stands.
plan::WritesState StepChecker::writes_before() const {
  const plan::StepId here{static_cast<std::uint32_t>(analysis_.plan.steps.size())};
  return plan::writes_before(analysis_.plan, here);
}

// There has to be a way back, and a plan that may still take it.
std::optional<plan::Action> StepChecker::rehearse(const syntax::Statement& statement, Form& form) {
  if (!form.word("rollback")) return std::nullopt;
  const bool has_moved = writes_before().reverse.has_value();
  if (has_moved && !point_of_no_return(analysis_.plan)) return plan::Rehearse{};
  analysis_.diagnostics.report(statement.span, diag::WrongForm, "rehearse rollback")
      .note(has_moved ? "behind the point of no return there is no way back"
                      : "no writes that the old side follows have moved to `new` yet")
      .help(
          "write it behind `writes new, old { mode = follow }` and before the point of no return");
  return std::nullopt;
}

// A time limit that only some forms of a step have; false after a report.
bool StepChecker::read_limit(std::string_view name, bool may_stand, std::string_view owner,
                             std::optional<plan::Duration>& into) {
  const WrittenAttribute* written = attributes_->find(name);
  if (written == nullptr || may_stand) return read_duration(name, into);
  analysis_.diagnostics
      .report(written->statement->word.span, diag::UnknownAttribute, "writes", name)
      .help(fmt::format("only {} has it",
                        owner.front() == '`' ? std::string(owner) : fmt::format("`{}`", owner)));
  return false;
}

bool StepChecker::read_mode(const syntax::Statement& statement, bool is_mirrored,
                            plan::RouteWrites& action) {
  const WrittenAttribute* written = attributes_->find("mode");
  if (!is_mirrored) {
    if (written == nullptr) return true;
    analysis_.diagnostics
        .report(written->statement->word.span, diag::UnknownAttribute, "writes", "mode")
        .help("only writes to both sides have it: `writes old, new { mode = follow }`");
    return false;
  }
  if (written == nullptr) {
    analysis_.diagnostics.report(statement.span, diag::MissingPart, "writes", "mode")
        .help("say who brings the writes to the other side: `mode = follow`");
    return false;
  }
  if (written->value == nullptr) return false;  // its form was reported
  const std::string_view word = name_of(*written->value);
  const auto mode = std::ranges::find(kModes, word, &Mode::word);
  if (mode != kModes.end()) {
    action.mirror = mode->mode;
    return goes_on_as_before(*written->value, mode->mode);
  }
  const std::vector<std::string> known = {"follow", "transaction", "app", "sync"};
  if (std::ranges::find(known, word) != known.end()) {
    analysis_.diagnostics
        .report(written->value->span, diag::LaterStatement, fmt::format("mode = {}", word))
        .note("the language knows it; this version of mig carries over what a changelog says")
        .help("write `mode = follow`");
    return false;
  }
  auto report = analysis_.diagnostics.report(written->value->span, diag::UnknownName, "mode",
                                             analysis_.sources.text(written->value->span));
  const std::string near = did_you_mean(std::string(word), known);
  report.help(near.empty() ? "write `mode = follow`" : near);
  return false;
}

// A changelog is kept for one mode: each has its triggers.
bool StepChecker::goes_on_as_before(const syntax::Expr& value, WriteMode mode) {
  const auto began = writes_before().forward;
  if (!began) return true;
  const auto before = plan::mode_of(analysis_.plan, *began);
  if (before == mode) return true;
  analysis_.diagnostics.report(value.span, diag::WrongForm, "writes")
      .label(scope_.step_spans->at(began->index), "from here on writes come to both sides")
      .note("how they come there stays what it is, up to `writes new`")
      .help(fmt::format("write `mode = {}`", std::ranges::find(kModes, before, &Mode::mode)->word));
  return false;
}

}  // namespace mig::compiler
