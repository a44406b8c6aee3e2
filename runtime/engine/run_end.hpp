// How a run left its executor: at its end, or at what it waits for. Plain data, any thread.
#pragma once

#include <optional>
#include <string>

#include "compiler/plan/machine/run_state.hpp"
#include "runtime/clock.hpp"

namespace mig::runtime {

enum class EndKind { Completed, RolledBack, Paused, Failed, Waiting, Interrupted, LeaseLost };

struct RunEnd {
  EndKind kind = EndKind::Completed;
  std::string detail;            // for whom or for what it waits, why it paused
  std::optional<Instant> until;  // Waiting: when it can go on
};

// What the journal says of it; nothing while it goes on.
std::optional<RunEnd> end_of(const plan::RunState& state);

}  // namespace mig::runtime
