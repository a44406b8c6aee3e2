// What a plan and the schemas of its stores disagree about. Pure over schemas that were read, from
// the stores now or into a file some time ago.
#pragma once

#include <functional>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/stores/live_schema.hpp"

namespace mig::cli {

// The view in which the dataset is one of the two sides; null where none has it.
const plan::Plan* view_with(const plan::Views& views, plan::DatasetId id);

bool is_created_by(const plan::Plan& plan, plan::DatasetId id);

// The table of a dataset. REQUIRES: the schema is of the dataset's store.
void check_shape(const plan::Views& views, const plan::Plan& plan, plan::DatasetId id,
                 const runtime::LiveSchema& schema, Preflight& into);

// What the plan drops there and others use.
void check_drops(const plan::Plan& plan, const std::function<bool(plan::StoreId)>& is_here,
                 const runtime::LiveSchema& schema, Preflight& into);

}  // namespace mig::cli
