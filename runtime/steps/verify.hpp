// Compares both sides and, where the plan says so, repairs the one that is no authority.
//
// The comparison keeps nothing that a crash may take: killed, it starts anew. The summary is one
// line that `parse_drift` of data/reconcile.hpp reads.
#pragma once

#include <memory>

#include "compiler/plan/action.hpp"
#include "runtime/steps/step.hpp"

namespace mig::runtime {

std::unique_ptr<Step> make_verify(const plan::Plan& plan, const plan::Verify& action,
                                  plan::StepId id);

}  // namespace mig::runtime
