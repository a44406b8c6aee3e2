// The flags of every command that compiles a plan and looks at it: which file, plan, environment,
// params.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "runtime/cli/compilation.hpp"

namespace mig::cli {

struct PlanOptions {
  std::string file;
  std::string plan;
  std::string env;
  std::vector<std::string> sets;
};
void add_plan_options(CLI::App& command, PlanOptions& options);

// Compiles the file and picks the plan that is meant. Says what is wrong and stores the exit code
// otherwise; the plan lives as long as `file`.
const plan::Plan* chosen_plan(CompiledFile& file, const PlanOptions& options, ExitCode& exit);

}  // namespace mig::cli
