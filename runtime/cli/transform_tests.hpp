// Runs one `test` of a transform and says what is not as it expects. No store. One thread.
#pragma once

#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/transform_test.hpp"
#include "runtime/inverse/one_row.hpp"

namespace mig::cli {

// `plan` holds what the test's ids mean. True where all is as expected; else reported as M3031.
bool run_transform_test(const plan::Plan& plan, const compiler::TransformTest& test,
                        compiler::Diagnostics& diagnostics);

// The row that a test gives; nothing where a value cannot be computed, and then `rejects` says why.
std::optional<runtime::RowOf> given_row(const plan::Plan& plan, const compiler::TestRow& row,
                                        std::vector<runtime::RowReject>& rejects);

}  // namespace mig::cli
