// What each step does to the simulated world, one small effect at a time: between any two of them
// clients act, and the runner may be lost.
//
// A step is told nothing but the world and what it remembers of this attempt (`Work`, which a lost
// runner forgets), so that doing it again after a crash has to work out where it stands, as the
// real ones do. Used by the driver (simulate.cpp).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/plan/script.hpp"
#include "runtime/sim/world.hpp"

namespace mig::runtime::sim {

// What a runner remembers of an attempt.
struct Work {
  bool is_open = false;
  plan::Micros began = 0;
  std::uint32_t stage = 0;
  bool has_drained = false;
  bool has_read = false;
  std::array<Version, kKeys> read{};
  std::uint32_t found = 0;     // rows that differed
  plan::Micros next_look = 0;  // of a hold
  plan::Micros looked = 0;
  std::int64_t looks = 0;
};

enum class SliceKind : std::uint8_t { More, Done, Failed };

struct Slice {
  SliceKind kind = SliceKind::More;
  plan::Duration took = plan::Duration::zero();
  std::string text;  // of Done: what it did; of Failed: why
};

class Effects {
 public:
  // All outlive it. `worlds` are those of the views, in their order.
  Effects(const plan::Plan& plan, const plan::Script& script, std::vector<World>& worlds)
      : plan_(plan), script_(script), worlds_(worlds) {}

  // REQUIRES: the step is no hold and no approval: those wait, and the driver waits for them.
  Slice forward(plan::StepId step, Work& work);
  Slice back(plan::StepId step, Work& work);
  // Whether the next slice of the step may keep clients from writing.
  bool is_about_to_pause(plan::StepId step) const;

  World& world_of(plan::StepId step);

 private:
  struct Target {
    plan::WritesState writes;
    plan::RouteWrites route;
    bool is_way_back = false;
  };
  // True once the routes and everything behind them are as the target says.
  bool turn(World& world, Work& work, const Target& target);
  static Keys moved(const World& world, const plan::WritesState& target);
  Slice turn_writes(plan::StepId step, Work& work);
  Slice turn_writes_back(plan::StepId step, Work& work);
  Slice rehearse(plan::StepId step, Work& work);
  Slice copy(plan::StepId step, const plan::Copy& copy, Work& work);
  Slice verify(plan::StepId step, const plan::Verify& verify, Work& work);
  plan::Duration time_for(std::int64_t rows_per_second) const;

  const plan::Plan& plan_;
  const plan::Script& script_;
  std::vector<World>& worlds_;
};

}  // namespace mig::runtime::sim
