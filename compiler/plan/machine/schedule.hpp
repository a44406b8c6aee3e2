// What may happen next. Pure: it looks at the plan and the state, never at the world.
//
// A step is ready when everything it needs is done. Going back, steps are undone one at a time, in
// the reverse of the order in which they were started; a resource that goes back alone does so
// while the others go on.
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
// The resources for which another one's point of no return still waits: it is passed when nobody
// else can send everything back any more (M4025), so what they promise to undo comes before.
std::vector<ResourceId> held_back_by(const Plan& plan, const RunState& state, StepId marker);

// Every step that a rollback has to undo, first one first.
std::vector<StepId> undo_order(const Plan& plan, const RunState& state);
std::optional<StepId> next_undo(const Plan& plan, const RunState& state);
// Of a resource that goes back alone.
std::optional<StepId> next_undo(const Plan& plan, const RunState& state, ResourceId resource);

// Which way a step goes now.
Direction direction_of(const Plan& plan, const RunState& state, StepId step);
// The resources that go back alone now.
std::vector<ResourceId> going_back(const RunState& state);

// Whether a point of no return stands in the way back to there: its resource's own where only one
// goes back, else any.
bool is_barred(const Plan& plan, const RunState& state, std::optional<PhaseId> to,
               std::optional<StepId> retreat);

// Nothing is left to do forwards. Never where every resource went back: then nothing has moved, and
// what the plan did for all of them is undone, too.
bool is_finished(const Plan& plan, const RunState& state);

// What an approval of `step` approves: everything that was done before it, and what came of it. An
// approval of other evidence is void.
std::string evidence(const Plan& plan, const RunState& state, StepId step);

// Whose changelog keeps the other side up to date now, as the steps that are done say. Nothing
// while a `writes` step is at work, or a rehearsal of its way back: it follows by itself, and only
// it knows where it stands. Nothing, too, once the writes are left as they are.
// REQUIRES: a plan without resources, or a view.
std::optional<WritesState> stream(const Plan& plan, const RunState& state);
// Which side decides what a row is, as the steps that are done say.
// REQUIRES: a plan without resources, or a view.
Side leading_side(const Plan& plan, const RunState& state);
// Whether the new side is kept as the old one anywhere in the plan: what is copied before that
// notes what following will ask for.
bool follows(const Plan& plan);

}  // namespace mig::plan
