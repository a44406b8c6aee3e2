// How long somebody has to stay and follow: from the step that begins it to the one that ends it.
//
// Used by `mig check` and the preview, which say so before anything runs. Pure.
#pragma once

#include <optional>
#include <string>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

struct ResidentSpan {
  StepId begins;
  StepId ends;  // the last step of the plan where none lets go
};
// Of a plan without resources, or of a view. Nothing where nobody follows.
std::optional<ResidentSpan> resident_span(const Plan& plan);

// `a resident is needed from mirror to cleanup`
std::string print(const Plan& plan, const ResidentSpan& span);

}  // namespace mig::plan
