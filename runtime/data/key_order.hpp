// The rows of a batch in the order of their key.
//
// Used where rows come in an order of their own, as SCAN's: an index takes neighbours for a third
// less than rows all over it. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/batch.hpp"

namespace mig::runtime {

// Puts these rows of the batch into the order of the entity's key, as values compare, whatever a
// store's collation says. Rows of one key keep theirs.
void order_by_key(const plan::Entity& entity, const Batch& batch, std::vector<std::uint32_t>& rows);

}  // namespace mig::runtime
