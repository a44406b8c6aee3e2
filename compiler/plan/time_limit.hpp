// How long one attempt of a step may take before it counts as failed.
//
// A step that waits by rules of its own has none: a hold lasts as long as it says, an approval
// `within` what it says or for ever. Used by lowering, and by whoever shows a plan. Pure.
#pragma once

#include <optional>

#include "compiler/plan/action.hpp"

namespace mig::plan {

std::optional<Duration> time_limit(const Action& action);

}  // namespace mig::plan
