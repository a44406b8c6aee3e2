// What metrics say in a simulated world.
//
// Differences between the sides, rows, shares and how far a follower is behind are counted in the
// world itself. What only a real application can know, such as how long its reads take, is assumed
// to be well within the limits of the plan's gates, until the scenario says otherwise. One
// simulation, one thread.
#pragma once

#include <optional>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/script.hpp"
#include "runtime/gates/judge.hpp"
#include "runtime/sim/world.hpp"

namespace mig::runtime::sim {

class Readings {
 public:
  // All outlive it.
  Readings(const plan::Plan& plan, const plan::Script& script, const std::vector<World>& worlds);

  void set(const plan::Measure& measure, plan::Micros now);
  void silence(plan::GateId gate, std::optional<plan::Duration> lasts, plan::Micros now);
  bool is_silent(plan::GateId gate, plan::Micros now) const;
  // When something that the scenario said is over.
  std::optional<plan::Micros> next_change(plan::Micros now) const;

  // What the reading says to a step that asks.
  Sample take(const plan::Reading& reading, plan::StepId step, plan::Micros now) const;

 private:
  struct Assumed {
    plan::Reading reading;
    std::int64_t value = 0;
  };
  struct Said {
    plan::Reading reading;
    std::int64_t value = 0;
    plan::Micros until = 0;
  };
  struct Silent {
    plan::GateId gate;
    plan::Micros until = 0;
  };

  bool is_same(const plan::Reading& said, const plan::Reading& asked, plan::StepId step) const;
  void assume(const plan::Clause& clause);
  std::int64_t assumed(const plan::Reading& reading) const;
  Sample of_arm(const plan::ArmReading& reading, plan::StepId step) const;
  Sample of_dataset(const plan::DatasetReading& reading, plan::Micros now) const;
  const World* world_of(plan::DatasetId dataset) const;

  const plan::Plan& plan_;
  const plan::Script& script_;
  const std::vector<World>& worlds_;
  std::vector<Assumed> assumed_;
  std::vector<Said> said_;
  std::vector<Silent> silent_;
};

}  // namespace mig::runtime::sim
