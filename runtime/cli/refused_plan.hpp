// Says why this version of mig does not start a plan, before anything of it is started.
//
// Used by every command that would touch what the plan names.
#pragma once

#include <optional>

#include "compiler/plan/plan.hpp"
#include "runtime/cli/exit_code.hpp"

namespace mig::cli {

// Prints what this version cannot carry out, and gives the exit code; nothing where it can.
std::optional<ExitCode> refused(const plan::Plan& plan);

}  // namespace mig::cli
