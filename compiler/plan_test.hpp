// A `test … of` a plan, checked: the plan with what the test sets, what happens to it, and what is
// expected of the run.
//
// Tests stand beside plans, never in them: whoever compiles gets them with the plans, and no hash
// covers them. Plain data.
#pragma once

#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/script.hpp"
#include "grammar/source.hpp"

namespace mig::compiler {

struct PlanTest {
  std::string name;
  syntax::Span span;
  plan::Plan plan;
  plan::Script script;
  std::vector<syntax::Span> expected_at;  // one an expectation of the script
};

}  // namespace mig::compiler
