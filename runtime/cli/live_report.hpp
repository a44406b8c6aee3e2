// Says what the live stores and the plan disagree about, at the place in the plan where it is
// written.
#pragma once

#include "runtime/cli/compilation.hpp"
#include "runtime/cli/preflight.hpp"

namespace mig::cli {

// M5001 for each difference of schema that stops a run, M5003 for sampled rows that would be
// rejected. Prints them; Done when none of them is an error.
ExitCode report_live(CompiledFile& file, const plan::Plan& plan, const Preflight& live);

}  // namespace mig::cli
