// `writes`: who takes writes, and how the other side gets them.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compiler/names.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/step_checker.hpp"
#include "compiler/told_run.hpp"

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
                               Mode{"app", WriteMode::App}, Mode{"sync", WriteMode::Sync}};
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
  const plan::WritesState writes = writes_before();
  const Side before = writes.authority;
  const bool moves = *to == Side::New && before == Side::Old && other != nullptr;
  if (!read_part(form, moves, action)) return std::nullopt;
  if (before == Side::New && *to != Side::New) {
    analysis_.diagnostics.report(statement.span, diag::WrongForm, "writes")
        .note("the writes go to `new` already")
        .help("a plan moves them once; `mig rollback` moves them back");
    return std::nullopt;
  }
  const bool is_mirrored = writes.forward || writes.mirror;
  if (is_mirrored && *to == Side::Old && other == nullptr) {
    auto report = analysis_.diagnostics.report(statement.span, diag::WrongForm, "writes");
    if (writes.forward)
      report.label(scope_.step_spans->at(writes.forward->index),
                   "from here on the new side follows");
    report.help("go on with `writes new`; `mig rollback` takes everything back");
    return std::nullopt;
  }
  const bool reads_all =
      read_limit("max_downtime", *to == Side::None, "writes none", action.max_downtime) &&
      read_limit("max_pause", moves, "`writes new, old` where the writes move", action.max_pause) &&
      read_mode(statement, other != nullptr, action);
  if (!reads_all) return std::nullopt;
  if (*to == Side::New && other != nullptr && !may_lead_back(statement, before))
    return std::nullopt;
  const bool follows = action.mirror == WriteMode::Follow;
  if (!read_limit("max_lag", follows, "mode = follow", action.max_lag) ||
      !read_mirror_error(action) || !read_ack(action) || !may_take_part(statement.span, action)) {
    return std::nullopt;
  }
  complete(action, moves);
  return action;
}

// What holds where nothing is said.
void StepChecker::complete(plan::RouteWrites& action, bool is_move) {
  if (action.mirror == WriteMode::Follow && !action.max_lag) action.max_lag = kMostLag;
  if (is_move && !action.max_pause) action.max_pause = kLongestPause;
}

// `writes new, old 10% { by = hash(id) }`: of so many keys the new side becomes the authority.
bool StepChecker::read_part(Form& form, bool is_move, plan::RouteWrites& action) {
  const syntax::Expr* share = form.value_if(syntax::Mark::None);
  if (share == nullptr) {
    const WrittenAttribute* by = attributes_->find("by");
    if (by == nullptr) return true;
    analysis_.diagnostics.report(by->statement->word.span, diag::UnknownAttribute, "writes", "by")
        .help("it is said of a share: `writes new, old 10% { by = hash(id) }`");
    return false;
  }
  if (!is_move) {
    analysis_.diagnostics.report(share->span, diag::WrongForm, "writes")
        .note("a share is said of keys whose writes move, while the old side stays current")
        .help("it is written like `writes new, old 10% { by = hash(id) }`");
    return false;
  }
  plan::RouteReads part;
  if (!read_share(share, part) || !read_hash(action.by, action.by_request, true)) return false;
  action.share = part.share;
  if (!action.share) {
    action.by.clear();
    action.by_request.clear();
  }
  return true;
}

// What triggers carry over is noted by triggers.
bool StepChecker::has_triggers(const syntax::Span& at) {
  const plan::Plan& plan = analysis_.plan;
  if (plan.to.empty()) return true;  // told already
  const plan::Store& store = plan.at(plan.at(plan.from).store);
  if (store.changes == plan::ChangeSource::Triggers) return true;
  analysis_.diagnostics
      .report(at, diag::Incapable,
              fmt::format("`mode = transaction` carries over by triggers, and `{}` is followed "
                          "through a slot",
                          store.name))
      .help("write `mode = follow`")
      .help(fmt::format("or leave out `changes = slot` of the store `{}`", store.name));
  return false;
}

// Keys move to the new side once, and each router has to know which of them have.
bool StepChecker::may_take_part(const syntax::Span& at, const plan::RouteWrites& action) {
  if (action.mirror == WriteMode::Sync && !sees_requests(at, "mode = sync")) return false;
  const bool is_carried =
      action.mirror == WriteMode::Follow || action.mirror == WriteMode::Transaction;
  if (is_carried && analysis_.plan.are_services()) {
    analysis_.diagnostics
        .report(at, diag::Incapable,
                fmt::format("`{}` is a service, and keeps no changelog that anybody could read",
                            print_old(analysis_.plan, analysis_.plan)))
        .help("let the router write both: `mode = sync`")
        .help("or let the application do it: `mode = app`");
    return false;
  }
  if (action.mirror == WriteMode::Transaction && !has_triggers(at)) return false;
  const auto before = writes_before().share;
  if (action.to == Side::New && before && action.share && *action.share <= *before) {
    auto report = analysis_.diagnostics.report(
        at, diag::WrongRamp,
        fmt::format("the writes of {} of the keys go to `new` already", print(*before)));
    report.help("shares grow; `mig rollback` takes them back");
    ToldRun run;
    run.other("app", "WRITE row 7 to new, acknowledged")
        .mig(analysis_.plan.at(phase_).name, fmt::format("writes new {}", print(*action.share)), at)
        .other("app", *action.share == *before ? "WRITE row 7 to new" : "WRITE row 7 to old");
    run.tell(report, *action.share == *before
                         ? "nobody is moved at 2"
                         : "the sides change places for row 7 while clients write it");
    return false;
  }
  if (!action.share) return true;
  if (!analysis_.plan.through) {
    if (scope_.names.has_router) return false;  // it was reported
    analysis_.diagnostics.report(at, diag::MissingPart, "writes", "through")
        .help("nobody splits requests without a router: write `through glue`");
    return false;
  }
  const plan::Router& router = analysis_.plan.at(*analysis_.plan.through);
  if (can(router.kind, plan::RouterAbility::Writes)) return true;
  analysis_.diagnostics
      .report(at, diag::Incapable,
              fmt::format("`{}` is a `{}` router, which splits reads and no writes", router.name,
                          name(router.kind)))
      .help("write `router glue: table { in = app; name = \"mig_routes\" }`");
  return false;
}

// `on_mirror_error = delete_key`
bool StepChecker::read_mirror_error(plan::RouteWrites& action) {
  const WrittenAttribute* written = attributes_->find("on_mirror_error");
  if (written == nullptr) return true;
  if (action.mirror != WriteMode::Sync) {
    analysis_.diagnostics
        .report(written->statement->word.span, diag::UnknownAttribute, "writes", "on_mirror_error")
        .help("only `mode = sync` has it: there the router writes both sides");
    return false;
  }
  const std::string_view word = name_of(*written->value);
  if (word != "delete_key" && word != "repair") {
    const std::string near = did_you_mean(word, {"delete_key", "repair"});
    analysis_.diagnostics
        .report(written->value->span, diag::UnknownName, "answer to a failed mirror write",
                analysis_.sources.text(written->value->span))
        .help(near.empty() ? "it is `delete_key`, or `repair`" : near);
    return false;
  }
  action.on_mirror_error =
      word == "repair" ? plan::MirrorError::Repair : plan::MirrorError::DeleteKey;
  return true;
}

// `ack = authority`, `ack = both`, `ack = applied`
bool StepChecker::read_ack(plan::RouteWrites& action) {
  const WrittenAttribute* written = attributes_->find("ack");
  if (written == nullptr) return true;
  static constexpr std::array kAcks = {std::pair("authority", plan::Ack::Authority),
                                       std::pair("both", plan::Ack::Both),
                                       std::pair("applied", plan::Ack::Applied)};
  const std::string_view word = name_of(*written->value);
  const auto* found =
      std::ranges::find_if(kAcks, [&](const auto& ack) { return ack.first == word; });
  if (found == kAcks.end()) {
    auto report = analysis_.diagnostics.report(written->value->span, diag::UnknownName, "ack",
                                               analysis_.sources.text(written->value->span));
    if (word == "either" || word == "best_effort") {
      report.note("then no side would hold every write that was acknowledged")
          .help("write `ack = authority`, or `ack = both`");
    } else {
      const std::string near = did_you_mean(word, {"authority", "both", "applied"});
      report.help(near.empty() ? "it is `authority`, `both` or `applied`" : near);
    }
    return false;
  }
  action.ack = found->second;
  const bool is_applied = action.ack == plan::Ack::Applied;
  const auto mode = is_applied ? WriteMode::Follow : WriteMode::Sync;
  if (action.mirror == mode)
    return sees_requests(written->statement->span, fmt::format("ack = {}", word));
  analysis_.diagnostics
      .report(written->statement->word.span, diag::UnknownAttribute, "writes",
              fmt::format("ack = {}", word))
      .help(is_applied ? "only `mode = follow` has it" : "only `mode = sync` has it");
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
  auto report = analysis_.diagnostics.report(written->value->span, diag::UnknownName, "mode",
                                             analysis_.sources.text(written->value->span));
  report.instead(nearest(word, known), "write `mode = follow`");
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
