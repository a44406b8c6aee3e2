// `rollback_within 2h`: how long the way back of a plan may take, by the limits of its steps.
//
// After the steps of a plan were read. One thread.
#pragma once

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::compiler {

// Reports at `promise` a way back that may take longer. REQUIRES: plan.rollback_within.
void check_way_back(const plan::Plan& plan, const syntax::Span& promise, Diagnostics& diagnostics);

}  // namespace mig::compiler
