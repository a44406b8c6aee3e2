// The `test` blocks of the root file: what is tested, with what, and what must come of it. Tests of
// imported files run where those files are named.
#pragma once

#include <vector>

#include "compiler/analysis.hpp"
#include "compiler/plan_test.hpp"
#include "compiler/transform_test.hpp"

namespace mig::compiler {

// Those of transforms. What tests a plan is left out, but for its name.
std::vector<TransformTest> check_tests(Analysis& analysis);

// The statements that test the plan which is declared there.
std::vector<const syntax::Statement*> tests_of(const Program& program, const Declaration& plan);
// Whether it sets params of the plan, which then is another one.
bool has_settings(const syntax::Statement& test);
// Absent after a report. `analysis.plan` is the plan that is tested.
std::optional<PlanTest> check_plan_test(Analysis& analysis, const syntax::Statement& test);

}  // namespace mig::compiler
