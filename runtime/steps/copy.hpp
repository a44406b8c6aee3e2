// Copies the old side to the new one: page by page in key order, each page with its cursor, counts
// and dead letters in one transaction of the target.
//
// A copy that was killed goes on behind the last page that was committed; nothing is written twice
// and nothing counted twice. The end of the key space is fixed when it starts.
#pragma once

#include <memory>

#include "compiler/plan/action.hpp"
#include "runtime/steps/step.hpp"

namespace mig::runtime {

std::unique_ptr<Step> make_copy(const plan::Plan& plan, const plan::Copy& action, plan::StepId id);

}  // namespace mig::runtime
