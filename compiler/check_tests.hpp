// The `test` blocks of the root file: which transform is tested, with which rows, and what must
// come of them. Tests of imported files run where those files are named.
#pragma once

#include <vector>

#include "compiler/analysis.hpp"
#include "compiler/transform_test.hpp"

namespace mig::compiler {

std::vector<TransformTest> check_tests(Analysis& analysis);

}  // namespace mig::compiler
