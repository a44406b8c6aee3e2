// Carries a plan out in a simulated world, on a virtual clock: `mig simulate`, the tests of plans,
// and whoever wants to know whether a plan that compiles harms a client.
//
// The same machine that runs and proves a plan decides what may happen; here records are kept in
// memory and the clock jumps to the next moment at which something happens. Works for every plan
// that compiles. Deterministic: the same plan, script and options give the same report. Any thread
// may call it; nothing is shared.
#pragma once

#include <cstdint>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/script.hpp"
#include "runtime/sim/report.hpp"
#include "runtime/sim/world.hpp"

namespace mig::runtime::sim {

enum class Temperament : std::uint8_t {
  Steady,       // ordinary requests, and nothing fails but what the script says
  Adversarial,  // requests at the worst moments, and faults drawn from the seed
};

struct Options {
  Temperament temperament = Temperament::Steady;
  std::uint64_t seed = 1;
  bool keeps_timeline = false;
  Mistake mistake = Mistake::None;
};

Report simulate(const plan::Plan& plan, const plan::Script& script, const Options& options);

}  // namespace mig::runtime::sim
