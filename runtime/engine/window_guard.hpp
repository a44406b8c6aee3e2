// What the windows of a plan's phases allow now: which step may take its next slice, and until when
// a phase has to be done.
//
// Used by the executor, by `writes`, which begins a pause only where it fits, and by whoever tells
// people what a run waits for. Looks at the plan, the state and the moment it is given. Pure.
#pragma once

#include <optional>
#include <string>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

struct ShutWindow {
  plan::PhaseId phase;
  std::optional<Instant> until;  // nothing: it never opens again
  std::string why;               // behind `waits`
};

// Nothing: the step may go on. A hold or an approval that began outlives its window, and `writes`
// that began looks by itself: what it has closed it must not leave closed.
Result<std::optional<ShutWindow>> shut_for(const plan::Plan& plan, const plan::RunState& state,
                                           plan::StepId id, Instant now);
// The same for a pause of the writes, which is about to begin in a step that began before.
Result<std::optional<ShutWindow>> shut_for_pause(const plan::Plan& plan, plan::StepId id,
                                                 Instant now);

// When the run goes back because a phase with `at_end = rollback` began and is not done.
struct PhaseDeadline {
  plan::PhaseId phase;
  Instant at;
  std::optional<plan::ResourceId> alone;  // the one that goes back; nothing: everything does
};
// The earliest one. None past the point of no return, where nothing goes back.
Result<std::optional<PhaseDeadline>> next_deadline(const plan::Plan& plan,
                                                   const plan::RunState& state);

}  // namespace mig::runtime
