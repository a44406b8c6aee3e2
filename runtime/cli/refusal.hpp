// What a command says that does not do what it was asked to: one sentence, and what to do next.
#pragma once

#include <string>

#include "runtime/cli/exit_code.hpp"

namespace mig::cli {

// Prints both on standard error, an empty `help` left out, and gives the exit code back.
ExitCode refuse(ExitCode exit, const std::string& message, const std::string& help);

}  // namespace mig::cli
