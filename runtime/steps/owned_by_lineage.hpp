// Rows that several old rows share: whose they are stands in the lineage. Made by owned_rows.
//
// Giving one up takes the entry away. The row itself goes with `delete_unowned`, after the new
// version of what refers to it is written, and only if it is nobody's then.
#pragma once

#include <memory>

#include "runtime/steps/owned_rows.hpp"

namespace mig::runtime {

// Null where the dataset has no lineage.
std::unique_ptr<OwnedRows> owned_by_lineage(const plan::Plan& plan, plan::DatasetId dataset);

}  // namespace mig::runtime
