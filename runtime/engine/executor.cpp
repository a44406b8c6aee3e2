#include "runtime/engine/executor.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/machine/apply.hpp"
#include "compiler/plan/machine/consequences.hpp"
#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/overloaded.hpp"
#include "runtime/engine/failures.hpp"
#include "runtime/engine/requests.hpp"
#include "runtime/engine/takeover.hpp"

namespace mig::runtime {
namespace {

using plan::Direction;
using plan::RunStatus;

constexpr Duration kBeatEvery = std::chrono::seconds(5);      // and at least three times a lease
constexpr Duration kProgressEvery = std::chrono::seconds(1);  // into the journal; people see more
constexpr Duration kLookEvery = std::chrono::milliseconds(250);   // for requests, while waiting
constexpr Duration kFollowEvery = std::chrono::milliseconds(50);  // at the log, while waiting
constexpr Duration kBreath = std::chrono::seconds(2);  // a pause of a paced copy blocks nobody

Instant instant(plan::Micros at) {
  return Instant(std::chrono::microseconds(at));
}

}  // namespace

Executor::Executor(RunLog& log, Lease& lease, Stores& stores, const Clock& clock, Waiter& waiter,
                   Observer& observer, const std::atomic<bool>& is_stopping,
                   std::string journal_uuid, std::filesystem::path folder)
    : log_(log),
      lease_(lease),
      stores_(stores),
      clock_(clock),
      waiter_(waiter),
      observer_(observer),
      is_stopping_(is_stopping),
      authority_{std::move(journal_uuid), log.state().run, lease.epoch},
      folder_(std::move(folder)),
      views_(log.plan()),
      residents_(views_),
      budgets_(views_) {
  log_.observe(
      [this](const plan::Entry& entry) { observer_.on_entry(log_.plan(), log_.state(), entry); });
}

World Executor::world(const plan::Plan& seen) {
  return World{seen, log_.state(), clock_, stores_, beside_, authority_, folder_, is_stopping_};
}

Result<void> Executor::append(const std::vector<plan::Record>& records) {
  return log_.append(lease_, records, lease_.holder, clock_);
}

// A short lease needs quicker beats than a long one, or a live runner would lose it.
Duration Executor::beat_every() const {
  return std::min<Duration>(kBeatEvery, (lease_.expires_at - lease_.beat_at) / 3);
}

Result<void> Executor::keep_lease() {
  if (lease_.beat_at + std::chrono::duration_cast<Instant::duration>(beat_every()) > clock_.now())
    return {};
  return log_.journal().beat(lease_);
}

Result<RunEnd> Executor::run(const Limits& limits) {
  if (auto end = end_of(log_.state()); end && log_.state().has_ended()) return *std::move(end);
  if (auto arrived = arrive(); !arrived) {
    if (arrived.error().cause == Cause::DiskFull) return pause_for_disk(arrived.error());
    return std::unexpected(arrived.error());
  }
  if (!limits.journal.empty()) budgets_.watch(limits.journal, log_.state().warnings);
  while (true) {
    const Turn turned = turn(limits);
    if (!turned) {
      if (turned.error().cause == Cause::DiskFull) return pause_for_disk(turned.error());
      // The journal says Conflict in one case only: the lease belongs to somebody else now.
      if (turned.error().kind == ErrorKind::Conflict)
        return RunEnd{EndKind::LeaseLost, turned.error().message, {}};
      return std::unexpected(turned.error());
    }
    if (const std::optional<RunEnd>& end = *turned; end) return *end;
  }
}

// Nothing has failed but the space, so nothing is undone: what is done stands in its store, and the
// run goes on from there. The first append that finds no room makes some (the journal's reserve).
Result<RunEnd> Executor::pause_for_disk(const Error& full) {
  const RunStatus status = log_.state().status;
  if (status != RunStatus::Running && status != RunStatus::RollingBack)
    return std::unexpected(full);
  const plan::RunPaused paused{plan::PauseReason::Disk, sentence(full)};
  auto written = append({paused});
  if (!written && written.error().cause == Cause::DiskFull) written = append({paused});
  // Unsaid in the journal, it is said to whoever looks on; the file decides at the next start.
  if (!written) return std::unexpected(full);
  auto end = end_of(log_.state());
  assert(end.has_value());
  return *std::move(end);
}

// From here on no older epoch commits anywhere: the fences carry ours. A journal that lost records
// lost epochs with them, so where it is behind the fences stay as the newer journal left them.
Result<void> Executor::arrive() {
  MIG_ASSIGN(behind, target_ahead_of(log_, stores_, authority_));
  if (!behind) MIG_TRY(install_fences(stores_, authority_, log_.state().seq));
  MIG_TRY(append({plan::RunnerArrived{lease_.holder}}));
  if (behind && (log_.state().status == RunStatus::Running ||
                 log_.state().status == RunStatus::RollingBack)) {
    MIG_TRY(append({plan::RunPaused{plan::PauseReason::JournalBehindTarget,
                                    *behind + "; put the newest copy of the journal back"}}));
  }
  return {};
}

Executor::Turn Executor::turn(const Limits& limits) {
  MIG_TRY(keep_lease());
  const std::int64_t answered = log_.state().last_request;
  MIG_TRY(answer_all(log_, lease_, clock_));
  // Whoever waited for a person may go on now.
  if (log_.state().last_request != answered) waits_.clear();
  if (auto end = end_of(log_.state())) return end;
  if (is_stopping_) return RunEnd{EndKind::Interrupted, "stopped on request of the terminal", {}};
  MIG_TRY(tend());
  if (auto end = end_of(log_.state())) return end;
  MIG_TRY(look_at_budgets());
  return log_.state().status == RunStatus::RollingBack ? turn_back() : turn_forward(limits);
}

// A slice of following, between any two slices of steps.
Result<void> Executor::tend() {
  is_behind_ = false;
  for (std::size_t i = 0; i < residents_.size(); ++i) {
    if (!residents_.follows(log_.state(), i)) {
      residents_.leave(i);  // whoever is at work may make another log where this one reads
      continue;
    }
    MIG_TRY(tend(i));
    if (log_.state().status == RunStatus::Paused) return {};
  }
  return {};
}

// What may pass is tried again; a log that cannot be read as it should be is a gap in the stream,
// and nobody but a person can judge that.
Result<void> Executor::tend(std::size_t resource) {
  Result<std::optional<Followed>> followed = std::optional<Followed>();
  World reach = world(views_.at(resource));
  worker_.run([&] { followed = residents_.tend(resource, reach); }, beat_every(),
              [this] { (void)log_.journal().beat(lease_); });
  if (followed) {
    if (!*followed) return {};
    is_behind_ = is_behind_ || !(*followed)->is_drained;
    budgets_.note(resource, **followed, reach);
    observer_.on_follow(**followed);
    return {};
  }
  const Error& error = followed.error();
  if (error.cause == Cause::DiskFull) return std::unexpected(error);
  if (error.kind != ErrorKind::Permanent || residents_.is_needless(log_.state(), resource)) {
    observer_.on_follow_failure(error);
    return {};
  }
  return append({plan::RunPaused{plan::PauseReason::StreamGap, sentence(error)}});
}

Result<void> Executor::look_at_budgets() {
  if (!budgets_.is_due(clock_)) return {};
  std::vector<plan::Warned> warned;
  World reach = world(log_.plan());
  worker_.run([&] { warned = budgets_.look(reach); }, beat_every(),
              [this] { (void)log_.journal().beat(lease_); });
  return warned.empty() ? Result<void>() : append({warned.begin(), warned.end()});
}

// The steps that may do a slice now: those that are ready, and those that are undone next where a
// resource goes back alone.
std::vector<plan::StepId> Executor::open_steps() const {
  std::vector<plan::StepId> steps = ready(log_.plan(), log_.state());
  for (const plan::ResourceId resource : going_back(log_.state()))
    steps.push_back(next_undo(log_.plan(), log_.state(), resource).value());
  return steps;
}

Executor::Turn Executor::turn_forward(const Limits& limits) {
  const plan::RunState& state = log_.state();
  if (is_finished(log_.plan(), state))
    return finish(plan::RunCompleted{}, is_partial(state) ? "partial" : "completed");
  if (const auto overdue = overdue_downtime(log_.plan(), state, clock_.now()))
    return end_downtime(*overdue);
  MIG_ASSIGN(deadline, next_deadline(log_.plan(), state));
  if (deadline && deadline->at <= clock_.now()) {
    const std::string& phase = log_.plan().at(deadline->phase).name;
    return go_back(deadline->alone,
                   fmt::format("the window of {} has ended, and the phase is not done", phase));
  }
  const auto back = going_back(state);
  for (const plan::ResourceId resource : back) {
    if (next_undo(log_.plan(), state, resource)) continue;
    MIG_TRY(append(end_of_way_back(state, resource)));
    return std::optional<RunEnd>();
  }
  const auto steps = open_steps();
  assert(!steps.empty());
  std::optional<Instant> earliest;
  const WaitUntil* shown = nullptr;
  bool moved = false;
  for (const plan::StepId id : steps) {
    const Instant not_before = instant(log_.state().at(id).not_before);
    const auto waits = waits_.find(id);
    const Instant until =
        waits == waits_.end() ? not_before : std::max(not_before, waits->second.until);
    if (until > clock_.now()) {
      if (!earliest || until < *earliest)
        earliest = until, shown = waits == waits_.end() ? nullptr : &waits->second;
      continue;
    }
    moved = true;
    MIG_ASSIGN(end, slice(id));
    if (end) return end;
    const bool goes_on = state.status == RunStatus::Running && going_back(state) == back;
    if (!goes_on) return std::optional<RunEnd>();
  }
  if (moved) return std::optional<RunEnd>();
  assert(earliest.has_value());
  return wait(limits, deadline ? std::min(*earliest, deadline->at) : *earliest, shown);
}

// Nothing goes forward outside its window; back it goes at any time.
Executor::Turn Executor::slice(plan::StepId id) {
  if (direction_of(log_.plan(), log_.state(), id) == Direction::Back) return advance(id);
  MIG_ASSIGN(shut, shut_for(log_.plan(), log_.state(), id, clock_.now()));
  return shut ? wait_for_window(id, *shut) : advance(id);
}

// Writes that stand still for too long are a failure of whatever the resource is about to do.
Executor::Turn Executor::end_downtime(const Overdue& overdue) {
  for (const plan::StepId id : ready(log_.plan(), log_.state())) {
    if (own_state(log_.plan(), id) != overdue.resource) continue;
    if (log_.state().at(id).status != plan::StepStatus::Running)
      MIG_TRY(append({plan::StepStarted{id, Direction::Forward}}));
    return fail(id, plan::Trouble::Permanent, overdue.sentence, false);
  }
  // It waits for other resources, perhaps for such as have passed their point of no return.
  const bool is_barred = is_past_point_of_no_return(log_.plan(), log_.state());
  return go_back(is_barred ? std::optional(overdue.resource) : std::nullopt, overdue.sentence);
}

Executor::Turn Executor::go_back(std::optional<plan::ResourceId> alone, const std::string& why) {
  waits_.clear();
  MIG_TRY(append({start_of_way_back(alone, why)}));
  return std::optional<RunEnd>();
}

// What a step holds it lets go, as if this runner had been lost: it goes on from its cursor.
Executor::Turn Executor::wait_for_window(plan::StepId id, const ShutWindow& shut) {
  steps_.erase(id);
  began_.erase(id);
  if (!shut.until) {
    const std::string& phase = log_.plan().at(shut.phase).name;
    MIG_TRY(append({plan::RunPaused{
        plan::PauseReason::Window,
        fmt::format("the window of {} does not open again, and the phase is not done", phase)}}));
    return std::optional<RunEnd>();
  }
  waits_[id] = WaitUntil{.until = *shut.until, .why = shut.why};
  observer_.on_wait(log_.plan().at(id), waits_[id]);
  Instant& said = windows_[shut.phase];
  if (said == *shut.until) return std::optional<RunEnd>();
  said = *shut.until;
  MIG_TRY(append({plan::WindowAwaited{shut.phase, said.time_since_epoch().count()}}));
  return std::optional<RunEnd>();
}

Executor::Turn Executor::turn_back() {
  const auto next = next_undo(log_.plan(), log_.state());
  if (!next) {
    if (log_.state().rollback_to || log_.state().retreat) {
      MIG_TRY(append({plan::RollbackEnded{}}));
      return std::optional<RunEnd>();
    }
    return finish(plan::RollbackEnded{}, "rolled_back");
  }
  const plan::StepState& step = log_.state().at(*next);
  if (instant(step.not_before) > clock_.now())
    return wait(Limits{}, instant(step.not_before), nullptr);
  const auto waits = waits_.find(*next);
  if (waits != waits_.end() && waits->second.until > clock_.now()) {
    return wait(Limits{}, waits->second.until, &waits->second);
  }
  return advance(*next);
}

// One slice of a step, forward or back. An intent is journaled before the first effect.
Executor::Turn Executor::advance(plan::StepId id) {
  const Direction direction = direction_of(log_.plan(), log_.state(), id);
  const plan::StepState& before = log_.state().at(id);
  if (before.status != plan::StepStatus::Running || before.direction != direction) {
    steps_.erase(id);
    began_.erase(id);
    MIG_TRY(append({plan::StepStarted{id, direction}}));
  }
  waits_.erase(id);
  const Instant began = began_.try_emplace(id, clock_.now()).first->second;
  if (const auto& limit = log_.plan().at(id).limit; limit && clock_.now() - began > *limit) {
    // It goes on from where it stands, if the plan lets it try again.
    return fail(id, plan::Trouble::Transient,
                fmt::format("it has run for longer than its limit of {}", plan::print(*limit)),
                false);
  }
  std::unique_ptr<Step>& step = steps_[id];
  if (!step) step = make_step(views_.of(id), id);
  Result<Outcome> outcome = runtime::fail(ErrorKind::Permanent, "the slice did not run");
  World reach = world(views_.of(id));
  worker_.run(
      [&] { outcome = direction == Direction::Forward ? step->advance(reach) : step->undo(reach); },
      // A lease that is lost meanwhile stops nothing here: the slice's own transaction meets the
      // fence, and the next append is refused.
      beat_every(), [this] { (void)log_.journal().beat(lease_); });
  return settle(id, std::move(outcome));
}

Executor::Turn Executor::settle(plan::StepId id, Result<Outcome> outcome) {
  if (!outcome) return fail(id, trouble_of(outcome.error()), sentence(outcome.error()), false);
  std::vector<plan::Record> records(outcome->judged.begin(), outcome->judged.end());
  records.insert(records.end(), outcome->warned.begin(), outcome->warned.end());
  const Direction direction = direction_of(log_.plan(), log_.state(), id);
  const plan::Step& step = log_.plan().at(id);
  if (const auto* failed = std::get_if<Failed>(&outcome->what)) {
    if (!records.empty()) MIG_TRY(append(records));
    return fail(id, failed->trouble, failed->message, failed->absence_pauses);
  }
  std::visit(plan::Overloaded{
                 [&](const More& more) {
                   observer_.on_progress(step, more);
                   const bool due =
                       !journaled_.contains(id) || clock_.now() - journaled_[id] >= kProgressEvery;
                   const bool is_back = more.counts.read < log_.state().at(id).counts.read;
                   if (direction == Direction::Back || !(due || is_back)) return;
                   if (is_back) records.push_back(plan::StepRewound{id, more.cursor, more.counts});
                   if (!is_back)
                     records.push_back(plan::StepProgressed{id, more.cursor, more.counts});
                   journaled_[id] = clock_.now();
                 },
                 [&](const WaitUntil& waiting) {
                   waits_[id] = waiting;
                   if (waiting.is_untimed) began_.erase(id);
                   observer_.on_wait(step, waiting);
                   const plan::StepState& now = log_.state().at(id);
                   if (waiting.cursor != now.cursor && direction == Direction::Forward) {
                     records.push_back(plan::StepProgressed{id, waiting.cursor, now.counts});
                   }
                 },
                 [&](const Done& done) {
                   steps_.erase(id);
                   began_.erase(id);
                   journaled_.erase(id);
                   records.push_back(
                       plan::StepDone{id, direction, done.summary, done.counts, done.way_back});
                 },
                 [](const Failed&) {},
             },
             outcome->what);
  if (!records.empty()) MIG_TRY(append(records));
  return std::optional<RunEnd>();
}

// A failure and what it leads to are one transaction: no crash falls between them.
Executor::Turn Executor::fail(plan::StepId id, plan::Trouble trouble, const std::string& message,
                              bool absence_pauses) {
  steps_.erase(id);
  waits_.clear();  // what waited to go on may be undone next
  began_.erase(id);
  const plan::Failure failure{id, trouble, message, absence_pauses};
  const plan::Micros now = clock_.now().time_since_epoch().count();
  MIG_TRY(append(records_of(log_.plan(), log_.state(), failure, now)));
  return std::optional<RunEnd>();
}

// What mig left in the stores goes first: a crash in between only repeats it.
Executor::Turn Executor::finish(const plan::Record& last, const char* outcome) {
  if (std::holds_alternative<plan::RunCompleted>(last)) {
    for (std::size_t i = 0; i < views_.size(); ++i) {
      if (log_.state().resources[i].status != plan::ResourceStatus::Forward) continue;
      World reach = world(views_.at(i));
      MIG_TRY(let_go(reach));
    }
  }
  MIG_TRY(release_stores(log_, stores_, authority_, clock_, outcome));
  MIG_TRY(append({last}));
  return end_of(log_.state());
}

Executor::Turn Executor::wait(const Limits& limits, Instant until, const WaitUntil* shown) {
  const auto patience =
      std::chrono::duration_cast<Instant::duration>(std::max(limits.max_wait, kBreath));
  const bool follows = residents_.is_needed(log_.state());
  // Whoever leaves while the run follows leaves the other side behind.
  if (limits.until_blocked && !follows && until > clock_.now() + patience) {
    const bool for_person = shown != nullptr && shown->for_person;
    return RunEnd{EndKind::Waiting, shown == nullptr ? "for its next attempt" : shown->why,
                  for_person ? std::nullopt : std::optional(until)};
  }
  if (!is_behind_) waiter_.wait(until, follows ? kFollowEvery : kLookEvery);
  return std::optional<RunEnd>();
}

}  // namespace mig::runtime
