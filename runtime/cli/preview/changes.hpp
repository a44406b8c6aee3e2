// What each step of a plan changes, in a few words, with its risk and its way back: the lines of a
// preview before anybody knows how long they take. Pure.
#pragma once

#include <vector>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/preflight.hpp"
#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

// How many rows it has, and how that is known; nothing where nobody could count them.
std::optional<ShownNumber> shown_rows(const LiveDataset& dataset);

// The steps that one line of a preview speaks of: one, or those of a ramp.
std::vector<std::vector<plan::StepId>> grouped_steps(const plan::Plan& plan, plan::PhaseId phase);

// `live`: null where nobody looked at the stores.
ShownChange change_of(const plan::Views& views, const plan::Plan& plan,
                      const std::vector<plan::StepId>& steps, const Preflight* live);

}  // namespace mig::cli
