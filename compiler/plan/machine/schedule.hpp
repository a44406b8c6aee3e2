// What may happen next. Pure: it looks at the plan and the state, never at the world.
//
// A step is ready when everything it needs is done. Going back, steps are undone one at a time, in
// the reverse of the order in which they were started.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"

namespace mig::plan {

// The steps that a running run may start or start again, in the plan's order. A step that waits for
// its retry is among them; whoever starts it looks at `not_before`.
std::vector<StepId> ready(const Plan& plan, const RunState& state);
bool is_ready(const Plan& plan, const RunState& state, StepId step);

// Every step that a rollback has to undo, first one first.
std::vector<StepId> undo_order(const Plan& plan, const RunState& state);
std::optional<StepId> next_undo(const Plan& plan, const RunState& state);

// Nothing is left to do forwards.
bool is_finished(const Plan& plan, const RunState& state);

// What an approval of `step` approves: everything that was done before it, and what came of it. An
// approval of other evidence is void.
std::string evidence(const Plan& plan, const RunState& state, StepId step);

// Whose changelog keeps the other side up to date now, as the steps that are done say. Nothing
// while a `writes` step is at work: it follows by itself, and only it knows where it stands.
std::optional<WritesState> stream(const Plan& plan, const RunState& state);
// Whether the new side is kept as the old one anywhere in the plan: what is copied before that
// notes what following will ask for.
bool follows(const Plan& plan);

}  // namespace mig::plan
