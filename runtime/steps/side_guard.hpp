// The guards of a whole side: who may write it, as the store says it.
//
// Used by the steps that say who takes writes. Inside an Effect's transaction; twice is once. One
// thread, like the database.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/open_store.hpp"

namespace mig::runtime {

enum class Guard : std::uint8_t { Open, Closed };

std::vector<plan::DatasetId> datasets_of(const plan::Plan& plan, plan::Side side);

// Those tables of the side that stand in the store's file; the others are left as they are.
Result<void> put_guard(const World& world, Effect& effect, plan::StoreId store, plan::Side side,
                       Guard guard);
// Only this one dataset of the effect's store, to which everybody may write from here on.
Result<void> open_guard(Effect& effect, const plan::Plan& plan, plan::DatasetId dataset);
// Whether undoing what stands above `step` takes away all that the dataset holds then. Until that
// is done its guard stays: a write that somebody sent late would be acknowledged, and lost.
bool is_emptied_by_undo(const plan::Plan& plan, plan::DatasetId dataset, plan::StepId step);
// The step that closed the new side is taken back: whoever writes there may again, but where the
// side is emptied next; and its note goes.
Result<void> let_go_of_new(World& world, plan::StepId step);
// Whether a guard stands on the dataset now.
Result<bool> is_guarded(const OpenStore& store, const plan::Dataset& dataset);

}  // namespace mig::runtime
