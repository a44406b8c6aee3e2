// What people, the scenario and injected faults do to a simulated run.
#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/overloaded.hpp"
#include "runtime/sim/driver.hpp"

namespace mig::runtime::sim {
namespace {

using plan::RunStatus;

constexpr int kMostPauses = 24;                  // that a run is helped out of
constexpr plan::Micros kHelped = 3'600'000'000;  // after an hour

plan::Micros micros(plan::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

}  // namespace

std::optional<plan::Micros> Driver::moment_of(const plan::ScriptLine& line) const {
  if (!line.at) return report_.started_at + micros(line.after);
  const plan::StepState& step = state_.at(*line.at);
  if (step.started == 0) return std::nullopt;
  return step.started_at + micros(line.after);
}

std::optional<plan::Micros> Driver::next_moment() const {
  std::optional<plan::Micros> next;
  for (std::size_t i = 0; i < script_.lines.size(); ++i) {
    if (happened_[i]) continue;
    const auto moment = moment_of(script_.lines[i]);
    if (moment && *moment > now_) next = std::min(next.value_or(*moment), *moment);
  }
  return next;
}

void Driver::follow_script() {
  for (std::size_t i = 0; i < script_.lines.size(); ++i) {
    if (happened_[i]) continue;
    const auto moment = moment_of(script_.lines[i]);
    if (!moment || *moment > now_) continue;
    happened_[i] = true;
    happen(script_.lines[i]);
  }
}

void Driver::happen(const plan::ScriptLine& line) {
  chronicle_.say(now_, EventKind::Script, line.at, fmt::format("scenario: {}", line.text));
  std::visit(plan::Overloaded{
                 [&](const plan::Measure& it) { readings_.set(it, now_); },
                 [&](const plan::Silence& it) { readings_.silence(it.gate, it.lasts, now_); },
                 [&](const plan::FailStep& it) {
                   failures_[line.at->index] = it.times == 0 ? UINT32_MAX : it.times;
                   until_[line.at->index] = 0;
                 },
                 [&](const plan::LoseRunner&) {
                   if (line.after > plan::Duration::zero() || !line.at) {
                     crash();
                   } else {
                     crashes_[line.at->index] = true;
                   }
                 },
                 [&](const plan::Ask& wish) { ask(wish, "the scenario says so"); },
             },
             line.turn);
  wake_holds();
}

bool Driver::can_go_back() const {
  const bool has_way = state_.status == RunStatus::Running || state_.status == RunStatus::Paused ||
                       state_.status == RunStatus::Failed;
  return has_way && !is_past_point_of_no_return(plan_, state_) &&
         (state_.status != RunStatus::Paused || state_.direction == plan::Direction::Forward);
}

void Driver::ask(plan::Ask wish, const std::string& why) {
  switch (wish) {
    case plan::Ask::Pause:
      if (state_.status == RunStatus::Running || state_.status == RunStatus::RollingBack)
        append(plan::RunPaused{plan::PauseReason::Asked, why});
      return;
    case plan::Ask::Continue:
      if (state_.status == RunStatus::Paused) append(plan::RunContinued{"a person"});
      return;
    case plan::Ask::Rollback:
      if (can_go_back()) {
        append(plan::RollbackStarted{why, {}, {}});
      } else {
        chronicle_.say(now_, EventKind::Person, {}, "a rollback is asked for, and refused");
      }
      return;
  }
}

// A person or the scenario may help a paused run on.
bool Driver::leave_pause() {
  if (!is_adversarial()) {
    if (++pauses_ > kMostPauses) return false;
    auto next = next_moment();
    if (script_.continues_after && state_.status == RunStatus::Paused) {
      const plan::Micros helped = now_ + micros(*script_.continues_after);
      if (!next || helped <= *next) {
        pass_time(helped);
        ask(plan::Ask::Continue, "");
        return true;
      }
    }
    if (!next) return false;
    pass_time(*next);
    return true;
  }
  ++pauses_;
  strike();
  const bool gives_up = pauses_ > kMostPauses / 2 && faults_.are_over();
  if (can_go_back() && (gives_up || random_.one_in(8))) {
    ask(plan::Ask::Rollback, "a person has had enough");
    return true;
  }
  if (state_.status != RunStatus::Paused || pauses_ > kMostPauses) {
    get_stuck(fmt::format("the run stays {} ({})", name(state_.status), state_.detail));
    return false;
  }
  pass_time(now_ + kHelped);
  ask(plan::Ask::Continue, "");
  return true;
}

// A person asks for something at any moment.
void Driver::disturb() {
  if (!is_adversarial() || state_.has_ended()) return;
  const auto fault = faults_.draw({Fault::Rollback, Fault::Pause});
  if (fault == Fault::Rollback && can_go_back()) ask(plan::Ask::Rollback, "a person asks for it");
  if (fault == Fault::Pause) ask(plan::Ask::Pause, "a person asks for it");
}

}  // namespace mig::runtime::sim
