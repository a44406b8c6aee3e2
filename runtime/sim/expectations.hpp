// What a script expects of a run, held against what came of it.
//
// Used by the driver, once the run has ended. Pure.
#pragma once

#include <map>
#include <vector>

#include "compiler/plan/script.hpp"
#include "runtime/sim/report.hpp"

namespace mig::runtime::sim {

// When a step of each phase was first started; a phase that is not there was never reached.
using ReachedPhases = std::map<plan::PhaseId, plan::Micros>;

std::vector<Unmet> unmet(const plan::Plan& plan, const plan::Script& script, const Report& report,
                         const ReachedPhases& reached);

}  // namespace mig::runtime::sim
