// What a proof has to take on trust, and which locks a run takes: what a reviewer must know beside
// the steps. Pure.
#pragma once

#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

// `live`: null where nobody looked at the stores.
std::vector<ShownAssumption> assumptions_of(const plan::Plan& plan, const Preflight* live);

// Which steps make others wait, and for how long; a line a store.
std::vector<std::string> locks_of(const plan::Plan& plan);

// How long a step may take before it fails, each limit with the verbs it holds for.
std::vector<std::string> limits_of(const plan::Plan& plan);

}  // namespace mig::cli
