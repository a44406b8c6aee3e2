// The loop that carries a run out: it asks the machine what may happen, lets steps do one slice at
// a time, and writes down what came of it.
//
// One decision thread: only it reads requests, journals and decides. Slices run on one worker,
// while the decision thread keeps the lease alive. Nothing here sleeps; waiting is the Waiter's.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine/budgets.hpp"
#include "runtime/engine/downtime.hpp"
#include "runtime/engine/residents.hpp"
#include "runtime/engine/run_end.hpp"
#include "runtime/engine/run_log.hpp"
#include "runtime/engine/window_guard.hpp"
#include "runtime/engine/workers.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

// Sees what happens; decides nothing.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_entry(const plan::Plan& plan, const plan::RunState& state,
                        const plan::Entry& entry) = 0;
  virtual void on_progress(const plan::Step& step, const More& more) = 0;
  virtual void on_wait(const plan::Step& step, const WaitUntil& wait) = 0;
  virtual void on_follow(const Followed& followed) = 0;
  // Nothing is carried over for now; it is tried again.
  virtual void on_follow_failure(const Error& error) = 0;
};

// Lets time pass until something can go on. It may return earlier, and does after `look_every` so
// that requests are seen; a virtual one moves its clock to `until` at once.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void wait(Instant until, Duration look_every) = 0;
};

struct Limits {
  bool until_blocked = false;  // leave instead of waiting longer than max_wait
  Duration max_wait = Duration::zero();
  // Where the journal lies. With it, what the run uses up is watched (budgets.hpp).
  std::filesystem::path journal;
};

class Executor {
 public:
  // Everything outlives the executor. `lease` is held and is kept alive here.
  Executor(RunLog& log, Lease& lease, Stores& stores, const Clock& clock, Waiter& waiter,
           Observer& observer, const std::atomic<bool>& is_stopping, std::string journal_uuid,
           std::filesystem::path folder);

  // Runs until the run ends, pauses, or nothing can go on within the limits. An Error is the
  // world's: the journal could not be written. The state is then what the journal says.
  Result<RunEnd> run(const Limits& limits);

 private:
  // The run's end, if this turn reached it.
  using Turn = Result<std::optional<RunEnd>>;

  Result<void> arrive();
  Turn turn(const Limits& limits);
  Turn turn_forward(const Limits& limits);
  Turn turn_back();
  std::vector<plan::StepId> open_steps() const;
  Turn slice(plan::StepId id);
  Turn end_downtime(const Overdue& overdue);
  Turn go_back(std::optional<plan::ResourceId> alone, const std::string& why);
  Turn advance(plan::StepId id);
  Result<void> tend();
  Result<void> tend(std::size_t resource);
  Result<void> look_at_budgets();
  Turn settle(plan::StepId id, Result<Outcome> outcome);
  Turn fail(plan::StepId id, plan::Trouble trouble, const std::string& message,
            bool absence_pauses);
  Result<RunEnd> pause_for_disk(const Error& full);
  Turn finish(const plan::Record& last, const char* outcome);
  Turn wait(const Limits& limits, Instant until, const WaitUntil* shown);
  Turn wait_for_window(plan::StepId id, const ShutWindow& shut);

  Result<void> append(const std::vector<plan::Record>& records);
  Duration beat_every() const;
  Result<void> keep_lease();
  World world(const plan::Plan& seen);

  RunLog& log_;
  Lease& lease_;
  Stores& stores_;
  const Clock& clock_;
  Waiter& waiter_;
  Observer& observer_;
  const std::atomic<bool>& is_stopping_;
  Authority authority_;
  std::filesystem::path folder_;
  Worker beside_;
  Worker worker_;
  plan::Views views_;
  Residents residents_;
  Budgets budgets_;
  bool is_behind_ = false;  // the resident has more to do at once
  std::map<plan::StepId, std::unique_ptr<Step>> steps_;
  std::map<plan::StepId, WaitUntil> waits_;
  std::map<plan::PhaseId, Instant> windows_;   // that are waited for, as journaled
  std::map<plan::StepId, Instant> began_;      // the attempt that runs; a new runner's is its own
  std::map<plan::StepId, Instant> journaled_;  // when its progress was last written down
};

}  // namespace mig::runtime
