#include "runtime/sim/chronicle.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/overloaded.hpp"
#include "compiler/plan/phrase.hpp"

namespace mig::runtime::sim {

using plan::Direction;

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::Run:
      return "run";
    case EventKind::Step:
      return "step";
    case EventKind::Undo:
      return "undo";
    case EventKind::Wait:
      return "wait";
    case EventKind::Gate:
      return "gate";
    case EventKind::Failure:
      return "failure";
    case EventKind::Retry:
      return "retry";
    case EventKind::Person:
      return "person";
    case EventKind::Script:
      return "script";
  }
  assert(false && "every kind has a name");
  return {};
}

namespace {

// What a clause says is plain where it passes.
std::string said_of(std::string_view gate, std::string_view verdict,
                    const std::vector<std::string>& values) {
  constexpr std::string_view kPass = ", pass";
  std::string seen;
  for (std::string_view value : values) {
    if (value.ends_with(kPass)) value.remove_suffix(kPass.size());
    seen += seen.empty() ? ": " : "; ";
    seen += value;
  }
  const std::string_view says = verdict == "pass"      ? "passes"
                                : verdict == "fail"    ? "fails"
                                : verdict == "no_data" ? "sees nothing"
                                                       : "cannot be read";
  return fmt::format("gate {} {}{}", gate, says, seen);
}

}  // namespace

void Chronicle::say(plan::Micros at, EventKind kind, std::optional<plan::StepId> step,
                    std::string text) {
  if (!keeps_timeline_) return;
  std::optional<plan::PhaseId> phase;
  if (step) phase = plan_.at(*step).phase;
  report_.events.push_back(Event{at, kind, phase, step, std::move(text), report_.routes.size()});
}

void Chronicle::open_span(const plan::StepStarted& started, plan::Micros at) {
  close_span(started.step, at, "failed");
  open_[started.step] = report_.spans.size();
  report_.spans.push_back(Span{started.step, started.direction, at, at, "open"});
}

void Chronicle::close_span(plan::StepId step, plan::Micros at, const char* outcome) {
  const auto found = open_.find(step);
  if (found == open_.end()) return;
  Span& span = report_.spans[found->second];
  span.to = at;
  span.outcome = outcome;
  open_.erase(found);
}

void Chronicle::note(const plan::Entry& entry) {
  ++report_.records;
  if (!keeps_timeline_) return;
  note_record(entry);
}

void Chronicle::note_record(const plan::Entry& entry) {
  const plan::Micros at = entry.at;
  const auto nothing = [](const auto&) {};
  std::visit(
      plan::Overloaded{
          [&](const plan::RunCreated& it) {
            say(at, EventKind::Run, {}, fmt::format("{} starts", it.plan_name));
          },
          [&](const plan::RunReady& it) { nothing(it); },
          [&](const plan::RunnerArrived&) {
            if (entry.epoch > 1) say(at, EventKind::Run, {}, "another runner takes over");
          },
          [&](const plan::StepStarted& it) { open_span(it, at); },
          [&](const plan::StepProgressed& it) { nothing(it); },
          [&](const plan::StepRewound& it) { nothing(it); },
          [&](const plan::StepDone& it) {
            const bool is_forward = it.direction == Direction::Forward;
            close_span(it.step, at, is_forward ? "done" : "undone");
            // Who approved has been said.
            const bool is_said = std::holds_alternative<plan::Approve>(plan_.at(it.step).action);
            const bool is_nothing = it.summary == "nothing to undo";
            if ((is_said && is_forward) || (is_nothing && !is_forward)) return;
            say(at, is_forward ? EventKind::Step : EventKind::Undo, it.step,
                fmt::format("{}{}: {}", is_forward ? "" : "undo ", phrase(plan_, it.step),
                            it.summary));
          },
          [&](const plan::StepFailed& it) {
            close_span(it.step, at, "failed");
            say(at, EventKind::Failure, it.step,
                fmt::format("{}{} fails: {}", it.direction == Direction::Forward ? "" : "undo ",
                            phrase(plan_, it.step), it.message));
            if (it.retry_at > at) {
              const plan::Duration wait = std::chrono::microseconds(it.retry_at - at);
              say(at, EventKind::Retry, it.step,
                  fmt::format("it is tried again in {}", plan::print(wait)));
            }
          },
          [&](const plan::GateJudged& it) { nothing(it); },  // looks come together: look()
          [&](const plan::Approved& it) {
            say(at, EventKind::Person, it.step, fmt::format("approved by {}", it.who));
          },
          [&](const plan::RunPaused& it) {
            say(at, EventKind::Run, {},
                fmt::format("the run pauses ({}): {}", name(it.reason), it.detail));
          },
          [&](const plan::RunContinued&) { say(at, EventKind::Run, {}, "the run goes on"); },
          [&](const plan::RollbackStarted& it) {
            std::string how = "everything goes back";
            if (it.to) how = fmt::format("the run goes back to {}", plan_.at(*it.to).name);
            if (it.retreat) how = "the reads retreat to the share that passed";
            // Why has just been said where a step failed.
            const bool is_said = !report_.events.empty() && report_.events.back().at == at &&
                                 report_.events.back().kind == EventKind::Failure;
            say(at, EventKind::Run, {}, is_said ? how : fmt::format("{}: {}", how, it.why));
          },
          [&](const plan::RollbackEnded&) {
            const bool is_over = state_.status == plan::RunStatus::RolledBack;
            say(at, EventKind::Run, {},
                is_over ? "everything is undone" : "so far it is undone, and the run pauses");
          },
          [&](const plan::RunCompleted&) {
            say(at, EventKind::Run, {}, is_partial(state_) ? "completed in part" : "completed");
          },
          [&](const plan::RunAborted& it) { say(at, EventKind::Run, {}, "aborted: " + it.why); },
          [&](const plan::RequestAccepted& it) { nothing(it); },
          [&](const plan::RequestRefused& it) { nothing(it); },
          [&](const plan::Warned& it) { nothing(it); },
          [&](const plan::WindowAwaited& it) {
            const plan::Duration wait = std::chrono::microseconds(it.until - at);
            say(at, EventKind::Wait, plan_.at(it.phase).steps.front(),
                fmt::format("waits {} for the window of {}", plan::print(wait),
                            plan_.at(it.phase).name));
          },
          [&](const plan::ResourceRollbackStarted& it) {
            say(at, EventKind::Run, {},
                fmt::format("{} goes back alone: {}", plan_.at(it.resource).name, it.why));
          },
          [&](const plan::ResourceRolledBack& it) {
            say(at, EventKind::Run, {},
                fmt::format("{} is where it was before", plan_.at(it.resource).name));
          },
      },
      entry.record);
}

void Chronicle::look(plan::Micros at, plan::StepId step, plan::GateId gate,
                     std::string_view verdict, std::vector<std::string> values,
                     std::int64_t unchanged) {
  report_.looks += unchanged + 1;
  if (!keeps_timeline_) return;
  const auto newest = std::find_if(report_.gates.rbegin(), report_.gates.rend(), [&](auto& looks) {
    return looks.step == step && looks.gate == gate;
  });
  const bool is_open = newest != report_.gates.rend() && open_.contains(step) &&
                       newest->from >= report_.spans[open_.at(step)].from;
  if (is_open) newest->count += unchanged;
  if (is_open && unchanged > 0) newest->to = at;
  if (is_open && newest->verdict == verdict && newest->values == values) {
    newest->to = at;
    ++newest->count;
    return;
  }
  say(at, EventKind::Gate, step, said_of(plan_.at(gate).name, verdict, values));
  report_.gates.push_back(Looks{step, gate, at, at, 1, std::string(verdict), std::move(values)});
}

void Chronicle::route(plan::Micros at, const std::vector<World>& worlds) {
  if (!keeps_timeline_) return;
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const Routed now{at, i, worlds[i].read_share(), worlds[i].write_share(),
                     worlds[i].is_stopped() || worlds[i].fenced != 0};
    const auto newest = std::find_if(report_.routes.rbegin(), report_.routes.rend(),
                                     [&](const Routed& one) { return one.resource == i; });
    Routed moved = now;
    if (newest != report_.routes.rend()) moved.at = newest->at;
    if (newest == report_.routes.rend() || moved != *newest) report_.routes.push_back(now);
  }
}

void Chronicle::end(plan::Micros at) {
  while (!open_.empty())
    close_span(open_.begin()->first, at, "open");
}

}  // namespace mig::runtime::sim
