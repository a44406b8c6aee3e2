// Repairs the new side from the old one while nobody else writes.
//
// Used by comparisons of steps and by `mig repair`. Repairs are effects like any other.
#pragma once

#include <cstdint>

#include "compiler/plan/plan.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

// Permanent where a repair would delete a larger share of a dataset's rows than that.
Result<void> check_deletes(const plan::Plan& plan, const Reconciliation& result, plan::Ratio most);

// Makes the new side what the old side's rows should have become, for the differences that
// `compared` has found: missing rows are inserted, different ones overwritten, extra ones deleted.
// Permanent, and nothing changed, where more rows than `most_deletes` of those there would go.
// `id`: the step whose note carries the repairs. Returns the rows that were written or deleted.
Result<std::int64_t> repair(World& world, plan::StepId id, Reconciler& compared,
                            plan::Ratio most_deletes);

}  // namespace mig::runtime
