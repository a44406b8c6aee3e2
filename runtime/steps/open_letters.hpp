// Rows that could not be carried over, as a change of the authority looks at them: whoever moves on
// leaves them behind.
#pragma once

#include <cstdint>

#include "compiler/plan/plan.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

// The open dead letters of the run in `store`, of source rows of `dataset`.
Result<std::int64_t> open_letters(const World& world, plan::StoreId store, plan::DatasetId dataset);

// As many as the plan's copies were allowed to set aside.
std::int64_t accepted_letters(const World& world);

}  // namespace mig::runtime
