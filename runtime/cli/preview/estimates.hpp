// How long the steps of a plan take, as far as that can be known before they run, and when the run
// would be over.
//
// What the plan says is a fact; what is computed from counted rows and the speed of a sample is an
// estimate and carries its formula. What depends on a person has no length. Pure but for the time
// zones of windows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/cli/preview/document.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace mig::cli {

// Rows that were carried over in a second. REQUIRES: some were, and it took a while.
std::int64_t per_second(const runtime::RowSample& sample);

// Of each step; nothing where nobody can know. `live`: null where nobody looked at the stores.
std::vector<std::optional<ShownTime>> lengths_of(const plan::Plan& plan, const Preflight* live);

// Of each step, once it is done: how long it takes until all is as it was before the run. Nothing
// behind a point of no return.
std::vector<std::optional<ShownTime>> ways_back(const plan::Plan& plan);

// The longest way through the steps, begun now.
runtime::Result<ShownFinish> finish_of(const plan::Plan& plan,
                                       const std::vector<std::optional<ShownTime>>& lengths,
                                       runtime::Instant now);

}  // namespace mig::cli
