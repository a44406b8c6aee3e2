#include "runtime/sim/driver.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/machine/apply.hpp"
#include "compiler/plan/machine/consequences.hpp"
#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/phrase.hpp"
#include "runtime/engine/downtime.hpp"
#include "runtime/engine/window_guard.hpp"

namespace mig::runtime::sim {
namespace {

using plan::Direction;
using plan::RunStatus;
using plan::StepId;

// A Monday morning, so that weeks are easy to count.
constexpr plan::Micros kStart = 1'767'603'600'000'000;  // 2026-01-05T09:00:00Z
constexpr plan::Micros kSecond = 1'000'000;
constexpr plan::Micros kLag = 400'000;  // of a follower that is not told how far it may be
constexpr plan::Micros kTakeover = 30 * kSecond;
constexpr plan::Micros kQuickTakeover = 10'000;
constexpr plan::Micros kWarm = 60 * kSecond;
constexpr int kMostTurns = 200'000;
constexpr std::uint64_t kMostRequests = 240;  // between two moments of an ordinary run

plan::Micros micros(plan::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}
Instant instant(plan::Micros at) {
  return Instant(std::chrono::microseconds(at));
}
plan::Micros micros(Instant at) {
  return at.time_since_epoch().count();
}

}  // namespace

Driver::Driver(const plan::Plan& plan, const plan::Script& script, const Options& options)
    : plan_(plan),
      script_(script),
      options_(options),
      views_(plan),
      random_(options.seed * 0x9e3779b97f4a7c15U + 0x1234567U),
      faults_(options.temperament == Temperament::Adversarial, random_),
      effects_(plan, script, worlds_),
      readings_(plan, script, worlds_),
      state_(plan::initial_state(plan)),
      chronicle_(plan, state_, report_, options.keeps_timeline),
      works_(plan.steps.size()),
      ended_(plan.steps.size()),
      until_(plan.steps.size()),
      failures_(plan.steps.size()),
      crashes_(plan.steps.size()),
      happened_(script.lines.size()),
      windows_(plan.phases.size()) {
  worlds_.reserve(views_.size());
  clients_.reserve(views_.size());
  for (std::size_t i = 0; i < views_.size(); ++i) {
    worlds_.emplace_back(views_.at(i), options.seed, options.mistake);
    clients_.emplace_back(worlds_.back(), random_);
  }
}

// Written the moment it happens, and seen by clients on both sides of that moment.
void Driver::append(const plan::Record& record) {
  strike();
  const plan::Entry entry{state_.seq + 1, now_, epoch_, "mig", record};
  const auto applied = plan::apply(plan_, state_, entry);
  assert(applied.has_value());  // whoever appends has asked the machine what may follow
  const auto* started = std::get_if<plan::StepStarted>(&record);
  if (started != nullptr && started->direction == plan::Direction::Forward)
    reached_.try_emplace(plan_.at(started->step).phase, now_);
  if (is_adversarial()) newest_ = std::string(plan::name(record));
  chronicle_.route(now_, worlds_);
  chronicle_.note(entry);
  strike();
}

void Driver::strike() {
  if (!is_adversarial()) return;
  for (Application& client : clients_)
    client.strike(now_);
}

void Driver::start() {
  now_ = kStart;
  report_.started_at = now_;
  report_.seed = options_.seed;
  report_.expected = expected_ending(script_);
  append(plan::RunCreated{.run = "simulated", .plan_name = plan_.name, .env = plan_.env});
  append(plan::RunReady{.identities = std::vector<std::string>(plan_.stores.size())});
  append(plan::RunnerArrived{"simulator"});
}

void Driver::get_stuck(std::string what) {
  is_stuck_ = true;
  if (!report_.violation) report_.violation = Violation{now_, std::move(what), newest_};
}

Report Driver::run() {
  start();
  for (int turns = 0;; ++turns) {
    follow_script();
    disturb();
    for (const Application& client : clients_) {
      if (client.harm() && !report_.violation)
        report_.violation = Violation{now_, *client.harm(), newest_};
    }
    if (report_.violation || state_.has_ended() || is_stuck_) break;
    if (turns >= kMostTurns) {
      get_stuck("the run does not come to an end");
      break;
    }
    if (state_.status == RunStatus::Paused || state_.status == RunStatus::Failed) {
      if (!leave_pause()) break;
      continue;
    }
    turn();
  }
  finish();
  return std::move(report_);
}

void Driver::finish() {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (state_.has_ended()) {
      worlds_[i].carry_over(kAllKeys);
      clients_[i].check_end(now_);
    }
    if (clients_[i].harm() && !report_.violation)
      report_.violation = Violation{now_, *clients_[i].harm(), newest_};
    report_.reads += clients_[i].reads();
    report_.acknowledged += clients_[i].acknowledged();
    report_.different += worlds_[i].found_different;
  }
  chronicle_.end(now_);
  report_.ended_at = now_;
  report_.detail = state_.detail;
  if (is_stuck_) {
    report_.ending.reset();
  } else if (state_.status == RunStatus::Completed) {
    report_.ending = is_partial(state_) ? plan::Ending::Partial : plan::Ending::Completed;
  } else if (state_.status == RunStatus::RolledBack) {
    report_.ending = plan::Ending::RolledBack;
  } else {
    report_.ending = plan::Ending::Paused;
  }
  for (std::size_t i = 0; i < happened_.size(); ++i) {
    if (!happened_[i]) report_.never_happened.push_back(script_.lines[i].text);
  }
  report_.unmet = unmet(plan_, script_, report_, reached_);
  report_.is_as_expected = report_.unmet.empty();
}

void Driver::turn() {
  for (World& world : worlds_) {
    const auto route = world.writes_route();
    const plan::Micros lag = route.max_lag ? micros(*route.max_lag) : kLag;
    const bool is_due = now_ - world.touched_at >= lag / 2;
    const bool is_early = is_adversarial() && random_.one_in(2);
    if (world.pending() == 0 || !(is_due || is_early)) continue;
    // While a step moves the writes it follows by itself.
    const bool follows = world.intents != 0 || stream(world.view(), state_).has_value();
    if (follows) world.carry_over(kAllKeys);
  }
  if (state_.status == RunStatus::RollingBack) {
    turn_back();
  } else {
    turn_forward();
  }
}

bool Driver::end_overdue() {
  if (const auto overdue = overdue_downtime(plan_, state_, instant(now_))) {
    for (const StepId id : ready(plan_, state_)) {
      if (own_state(plan_, id) != overdue->resource) continue;
      if (state_.at(id).status != plan::StepStatus::Running)
        append(plan::StepStarted{id, Direction::Forward});
      fail(id, plan::Trouble::Permanent, overdue->sentence);
      return true;
    }
    const bool is_barred = is_past_point_of_no_return(plan_, state_);
    append(start_of_way_back(is_barred ? std::optional(overdue->resource) : std::nullopt,
                             overdue->sentence));
    return true;
  }
  const auto deadline = next_deadline(plan_, state_);
  if (!deadline || !*deadline || micros((*deadline)->at) > now_) return false;
  append(start_of_way_back((*deadline)->alone,
                           fmt::format("the window of {} has ended, and the phase is not done",
                                       plan_.at((*deadline)->phase).name)));
  return true;
}

void Driver::turn_forward() {
  if (is_finished(plan_, state_)) return append(plan::RunCompleted{});
  if (end_overdue()) return;
  const auto back = going_back(state_);
  auto steps = ready(plan_, state_);
  for (const plan::ResourceId resource : back) {
    const auto next = next_undo(plan_, state_, resource);
    if (!next) {
      for (const plan::Record& record : end_of_way_back(state_, resource))
        append(record);
      return;
    }
    steps.push_back(*next);
  }
  if (steps.empty()) return get_stuck("no step can go on, and the run has not ended");
  std::optional<plan::Micros> earliest;
  bool moved = false;
  for (const StepId id : steps) {
    const plan::Micros until = std::max(until_[id.index], state_.at(id).not_before);
    if (until > now_) {
      earliest = std::min(earliest.value_or(until), until);
      continue;
    }
    moved = true;
    if (direction_of(plan_, state_, id) == Direction::Back || !shut(id)) advance(id);
    const bool goes_on = state_.status == RunStatus::Running && going_back(state_) == back;
    if (!goes_on) return;
  }
  if (moved) return;
  const auto deadline = next_deadline(plan_, state_);
  if (deadline && *deadline) earliest = std::min(*earliest, micros((*deadline)->at));
  wait_for(*earliest);
}

void Driver::turn_back() {
  const auto next = next_undo(plan_, state_);
  if (!next) return append(plan::RollbackEnded{});
  const plan::Micros until = std::max(until_[next->index], state_.at(*next).not_before);
  if (until > now_) return wait_for(until);
  advance(*next);
}

// Whether the window of the step's phase keeps it from going on now.
bool Driver::shut(StepId id) {
  auto shut = shut_for(plan_, state_, id, instant(now_));
  if (shut && !*shut && effects_.is_about_to_pause(id))
    shut = shut_for_pause(plan_, id, instant(now_));
  if (!shut || !*shut) return false;
  works_[id.index] = Work{};
  if (!(*shut)->until) {
    append(plan::RunPaused{
        plan::PauseReason::Window,
        fmt::format("the window of {} does not open again", plan_.at((*shut)->phase).name)});
    return true;
  }
  until_[id.index] = micros(*(*shut)->until);
  plan::Micros& said = windows_[(*shut)->phase.index];
  if (said == until_[id.index]) return true;
  said = until_[id.index];
  append(plan::WindowAwaited{(*shut)->phase, said});
  return true;
}

void Driver::advance(StepId id) {
  const Direction direction = direction_of(plan_, state_, id);
  const plan::StepState& before = state_.at(id);
  if (before.status != plan::StepStatus::Running || before.direction != direction) {
    works_[id.index] = Work{};
    ended_[id.index].reset();
    append(plan::StepStarted{id, direction});
    follow_script();
    if (state_.at(id).status != plan::StepStatus::Running ||
        direction_of(plan_, state_, id) != direction || state_.status == RunStatus::Paused)
      return;
  }
  Work& work = works_[id.index];
  if (!work.is_open) work.is_open = true, work.began = now_;
  if (const auto& limit = plan_.at(id).limit; limit && now_ - work.began > micros(*limit)) {
    return fail(id, plan::Trouble::Transient,
                fmt::format("it has run for longer than its limit of {}", plan::print(*limit)));
  }
  if (ended_[id.index]) {
    const Slice slice = *std::exchange(ended_[id.index], std::nullopt);
    return settle(id, slice);
  }
  if (direction == Direction::Forward) {
    if (std::uint32_t& wanted = failures_[id.index]; wanted > 0) {
      const bool for_good = wanted == UINT32_MAX;
      wanted = for_good ? 0 : wanted - 1;
      const bool is_gate = std::holds_alternative<plan::Hold>(plan_.at(id).action);
      const auto trouble = for_good ? plan::Trouble::Permanent : plan::Trouble::Transient;
      return fail(id, is_gate ? plan::Trouble::Breach : trouble, "the scenario says so");
    }
    if (std::holds_alternative<plan::Hold>(plan_.at(id).action)) return hold(id);
    if (std::holds_alternative<plan::Approve>(plan_.at(id).action)) return approve(id);
  }
  const auto fault = faults_.draw({Fault::FailBefore, Fault::FailAfter, Fault::Crash});
  const auto trouble = random_.one_in(3) ? plan::Trouble::Permanent : plan::Trouble::Transient;
  if (fault == Fault::FailBefore) return fail(id, trouble, "an injected fault, before its effect");
  const Slice slice =
      direction == Direction::Forward ? effects_.forward(id, work) : effects_.back(id, work);
  chronicle_.route(now_, worlds_);
  strike();
  if (slice.kind == SliceKind::Failed) return fail(id, plan::Trouble::Permanent, slice.text);
  if (fault == Fault::FailAfter) return fail(id, trouble, "an injected fault, after its effect");
  if (fault == Fault::Crash || (crashes_[id.index] && slice.kind == SliceKind::Done)) {
    crashes_[id.index] = false;
    return crash();
  }
  until_[id.index] = now_ + micros(slice.took);
  if (slice.kind == SliceKind::More) return;
  if (slice.took > plan::Duration::zero()) {
    ended_[id.index] = slice;  // written down once its time has passed
  } else {
    settle(id, slice);
  }
}

void Driver::settle(StepId id, const Slice& slice) {
  until_[id.index] = 0;
  works_[id.index] = Work{};
  append(plan::StepDone{id, direction_of(plan_, state_, id), slice.text, {}, {}});
  wake_holds();
}

void Driver::fail(StepId id, plan::Trouble trouble, const std::string& message,
                  bool absence_pauses) {
  works_[id.index] = Work{};
  ended_[id.index].reset();
  std::ranges::fill(until_, 0);
  const plan::Failure failure{id, trouble, message, absence_pauses};
  for (const plan::Record& record : records_of(plan_, state_, failure, now_))
    append(record);
}

// What the runner remembered is gone; what is in the stores and in the journal stays.
void Driver::crash() {
  chronicle_.say(now_, EventKind::Failure, {}, "the runner is lost");
  std::ranges::fill(works_, Work{});
  std::ranges::fill(ended_, std::nullopt);
  std::ranges::fill(until_, 0);
  pass_time(now_ + (is_adversarial() ? kQuickTakeover : kTakeover));
  ++epoch_;
  append(plan::RunnerArrived{"simulator"});
}

void Driver::wait_for(plan::Micros until) {
  if (const auto moment = next_moment()) until = std::min(until, *moment);
  assert(until > now_);
  pass_time(until);
}

// Clients go on meanwhile. A follower is never further behind than it may be, whoever runs it.
void Driver::pass_time(plan::Micros until) {
  const plan::Micros length = until - now_;
  for (std::size_t i = 0; i < worlds_.size(); ++i) {
    World& world = worlds_[i];
    if (is_adversarial()) {
      // A cache is warm after a while, whatever else its clients do.
      if (world.is_refillable() && length > kWarm) clients_[i].live(now_, kMostRequests);
    } else {
      const auto requests =
          static_cast<std::uint64_t>(length / 1000) *
          static_cast<std::uint64_t>(script_.reads_per_second + script_.writes_per_second) / 1000;
      clients_[i].live(now_, std::min(requests, kMostRequests));
    }
    const auto& most = world.writes_route().max_lag;
    const plan::Micros lag = most ? micros(*most) / 2 : kLag;
    if (world.pending() != 0 && until - world.touched_at > lag) world.carry_over(kAllKeys);
  }
  now_ = until;
}

}  // namespace mig::runtime::sim
