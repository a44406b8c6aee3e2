// Everything that a step can reach, by reference: nothing in the runtime is global.
//
// Made by the composition root, or by a test. Lives as long as the run.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"

namespace mig::runtime {

class Stores;
class Worker;

// Who acts: every effect in a store carries this and is refused under another epoch.
struct Authority {
  std::string journal;  // its uuid
  std::string run;
  std::int64_t epoch = 0;
};

struct World {
  const plan::Plan& plan;
  const plan::RunState& state;  // not changed while a slice runs
  const Clock& clock;
  Stores& stores;
  Worker& beside;  // for what a slice does at the same time; idle between slices
  Authority authority;
  std::filesystem::path folder;          // what relative paths of the plan are relative to
  const std::atomic<bool>& is_stopping;  // a long slice looks here and ends early
};

}  // namespace mig::runtime
