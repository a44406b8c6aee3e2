// Rows whose key holds all of the old row's key: found by that part of it. Made by owned_rows.
#pragma once

#include <memory>

#include "runtime/steps/owned_rows.hpp"

namespace mig::runtime {

// Null where the key of an emitted row does not hold the old row's.
std::unique_ptr<OwnedRows> owned_by_key(const plan::Plan& plan, const plan::Emit& emit,
                                        plan::DatasetId dataset, plan::DatasetId source);

}  // namespace mig::runtime
