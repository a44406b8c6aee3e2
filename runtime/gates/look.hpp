// One look at a gate: every clause judged once, now.
//
// Used by holds, again and again, and by previews, once. Pure but for the readings that it asks
// for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/gates/judge.hpp"

namespace mig::runtime {

struct Look {
  Verdict verdict = Verdict::Pass;  // the gravest of the clauses'
  std::vector<std::string> seen;    // of each clause, what was read
  std::vector<std::string> lines;   // of each clause, what was read and what it means
};

using TakeReading = std::function<Sample(const plan::Reading&)>;

Look look_at_gate(const plan::Plan& plan, const plan::Gate& gate, const TakeReading& take);

}  // namespace mig::runtime
