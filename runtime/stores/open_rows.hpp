// A dataset's rows as pages, from whatever store they stand in. Used by copies and comparisons;
// one thread, like the stores, which outlive the reader.
#pragma once

#include "compiler/plan/lane.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

Result<KeysetReader> open_rows(Stores& stores, const plan::Plan& plan, plan::DatasetId dataset);
// What goes into the lane's transform.
Result<KeysetReader> open_rows(Stores& stores, const plan::Plan& plan, const plan::Lane& lane);

}  // namespace mig::runtime
