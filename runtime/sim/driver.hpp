// The loop of a simulated run: what runtime/engine/executor.hpp is to a real one.
//
// It asks the machine what may happen, lets steps do one effect at a time, writes records down in
// memory, and lets the clock jump. One simulation, one thread. Used by simulate.cpp only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/gates/judge.hpp"
#include "runtime/sim/application.hpp"
#include "runtime/sim/chronicle.hpp"
#include "runtime/sim/effects.hpp"
#include "runtime/sim/expectations.hpp"
#include "runtime/sim/faults.hpp"
#include "runtime/sim/readings.hpp"
#include "runtime/sim/simulate.hpp"

namespace mig::runtime::sim {

class Driver {
 public:
  // All outlive it.
  Driver(const plan::Plan& plan, const plan::Script& script, const Options& options);

  Report run();

 private:
  bool is_adversarial() const { return options_.temperament == Temperament::Adversarial; }

  // ---- the loop (driver.cpp)
  void start();
  void turn();
  void turn_forward();
  void turn_back();
  bool end_overdue();
  void advance(plan::StepId id);
  void settle(plan::StepId id, const Slice& slice);
  void fail(plan::StepId id, plan::Trouble trouble, const std::string& message,
            bool absence_pauses = false);
  void crash();
  void append(const plan::Record& record);
  bool shut(plan::StepId id);
  void pass_time(plan::Micros until);
  void wait_for(plan::Micros until);
  void strike();
  void get_stuck(std::string what);
  void finish();

  // ---- waiting steps (driver_waiting.cpp)
  void hold(plan::StepId id);
  void approve(plan::StepId id);
  void see_nothing(plan::StepId id, const plan::Gate& gate, const std::string& seen,
                   Verdict verdict);
  struct Seen {
    Verdict verdict = Verdict::Pass;
    const plan::Gate* gate = nullptr;  // the gravest
    std::string line;
  };
  Seen look(plan::StepId id, std::int64_t unchanged);
  void wake_holds();
  plan::Micros cadence(const plan::Hold& hold) const;

  // ---- what the scenario, people and faults do (driver_script.cpp)
  void follow_script();
  void happen(const plan::ScriptLine& line);
  void ask(plan::Ask wish, const std::string& why);
  std::optional<plan::Micros> moment_of(const plan::ScriptLine& line) const;
  std::optional<plan::Micros> next_moment() const;
  // What a paused run does next; false: it stays as it is.
  bool leave_pause();
  bool can_go_back() const;
  void disturb();

  const plan::Plan& plan_;
  const plan::Script& script_;
  Options options_;
  Report report_;
  plan::Views views_;
  std::vector<World> worlds_;
  Dice random_;
  Faults faults_;
  std::vector<Application> clients_;
  Effects effects_;
  Readings readings_;
  plan::RunState state_;
  Chronicle chronicle_;

  plan::Micros now_ = 0;
  std::int64_t epoch_ = 1;
  std::vector<Work> works_;
  std::vector<std::optional<Slice>> ended_;  // done, and not written down yet
  std::vector<plan::Micros> until_;          // nothing happens to the step before
  std::vector<std::uint32_t> failures_;      // that the script wants; UINT32_MAX: for good
  std::vector<bool> crashes_;                // the script wants one
  std::vector<bool> happened_;
  ReachedPhases reached_;
  std::vector<plan::Micros> windows_;  // that are waited for, by phase
  int pauses_ = 0;
  bool is_stuck_ = false;
  std::string newest_;
};

}  // namespace mig::runtime::sim
