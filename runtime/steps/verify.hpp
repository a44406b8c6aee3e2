// Compares both sides and, where the plan says so, repairs the new one from the old one.
//
// The comparison keeps nothing that a crash may take: killed, it starts anew. Repairs are effects
// like any other. The summary is one line that `parse_drift` of data/reconcile.hpp reads.
#pragma once

#include <memory>

#include "compiler/plan/action.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/step.hpp"

namespace mig::runtime {

std::unique_ptr<Step> make_verify(const plan::Plan& plan, const plan::Verify& action,
                                  plan::StepId id);

// Makes the new side what the old side's rows should have become, for the differences that
// `compared` has found: missing rows are inserted, different ones overwritten, extra ones deleted.
// Permanent, and nothing changed, where more rows than `most_deletes` of those there would go.
// `id`: the step whose note carries the repairs. Returns the rows that were written or deleted.
Result<std::int64_t> repair(World& world, plan::StepId id, Reconciler& compared,
                            plan::Ratio most_deletes);

}  // namespace mig::runtime
