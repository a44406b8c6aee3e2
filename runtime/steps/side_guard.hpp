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
// Whether a guard stands on the dataset now.
Result<bool> is_guarded(const OpenStore& store, const plan::Dataset& dataset);

}  // namespace mig::runtime
