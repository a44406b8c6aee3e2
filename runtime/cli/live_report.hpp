// Says what the live stores and the plan disagree about, at the place in the plan where it is
// written.
#pragma once

#include <string>

#include "runtime/cli/compilation.hpp"
#include "runtime/cli/preflight.hpp"

namespace mig::cli {

// M5001 for each difference of schema that stops a run, M5003 for sampled rows that would be
// rejected, M5002, M5004 and M5005 for what else stands against it. `file` need not be compiled:
// only its texts are looked at, for the places.
compiler::Diagnostics live_diagnostics(const CompiledFile& file, const plan::Plan& plan,
                                       const Preflight& live);

// Prints them; Done when none of them is an error.
ExitCode report_live(const CompiledFile& file, const compiler::Diagnostics& found);

// How many rows may be rejected, in words; empty where the view copies nothing.
std::string reject_limit(const plan::Plan& view);

}  // namespace mig::cli
