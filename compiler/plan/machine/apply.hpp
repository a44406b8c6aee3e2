// The transition function: the one place where a run's state changes.
//
// What is proved about a plan is proved about this function, because the executor, the simulator
// and every replay of a journal go through it. Pure: no clock, no world, and on refusal no change.
#pragma once

#include <expected>
#include <string>

#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::plan {

// A run before its first record. REQUIRES: the plan is whole (verify.hpp).
RunState initial_state(const Plan& plan);

// Moves `state` by one record, or says why the record cannot follow and leaves `state` as it was.
std::expected<void, std::string> apply(const Plan& plan, RunState& state, const Entry& entry);

}  // namespace mig::plan
