#include "runtime/cli/plan_options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/cli/refusal.hpp"

namespace mig::cli {
namespace {

const plan::Plan* no_plan(ExitCode& exit, const std::string& message, const std::string& help) {
  exit = refuse(ExitCode::Usage, message, help);
  return nullptr;
}

std::string known(const CompiledFile& file) {
  const auto names = file.environments();
  return names.empty() ? "it declares none" : fmt::format("it declares {}", fmt::join(names, ", "));
}

}  // namespace

void add_plan_options(CLI::App& command, PlanOptions& options) {
  command.add_option("FILE", options.file, "the plan")->required();
  command.add_option("--plan", options.plan, "which plan of the file, where it has several");
  command.add_option("--env", options.env, "the environment, such as prod");
  command.add_option("--set", options.sets, "a param of the plan: --set chunk=\"500 rows\"");
}

const plan::Plan* chosen_plan(CompiledFile& file, const PlanOptions& options, ExitCode& exit) {
  file.compile(options.env.empty() ? "default" : options.env, options.sets);
  exit = file.report(ReportOptions{});
  if (exit != ExitCode::Done) {
    const auto names = file.environments();
    const bool is_known = std::ranges::find(names, options.env) != names.end();
    if (file.is_readable() && !file.diagnostics().has_errors() && !is_known) {
      return no_plan(exit, fmt::format("the plan has no environment `{}`", options.env),
                     known(file));
    }
    return nullptr;
  }
  if (options.env.empty() && !file.environments().empty()) {
    return no_plan(exit, "the plan has environments; say which one with --env", known(file));
  }
  std::vector<const plan::Plan*> candidates;
  for (const plan::Plan& plan : file.result().plans) {
    if (options.plan.empty() || plan.name == options.plan) candidates.push_back(&plan);
  }
  if (candidates.size() == 1) return candidates.front();
  return no_plan(exit,
                 candidates.empty() ? "the file has no such plan" : "the file has several plans",
                 "name one with --plan");
}

}  // namespace mig::cli
