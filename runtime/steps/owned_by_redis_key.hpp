// Rows in Redis whose key is the old row's key, part for part: there is one for each old row, or
// none. Made by owned_rows.
#pragma once

#include <memory>

#include "runtime/steps/owned_rows.hpp"

namespace mig::runtime {

// Null where the key of an emitted row is anything else. `plan` outlives them.
std::unique_ptr<OwnedRows> owned_by_redis_key(const plan::Plan& plan, const plan::Emit& emit,
                                              plan::DatasetId dataset, plan::DatasetId source);

}  // namespace mig::runtime
