// `mig simulate FILE`: the plan against a simulated world, in virtual time.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/plan_options.hpp"
#include "runtime/sim/simulate.hpp"
#include "runtime/sim/timeline.hpp"

namespace mig::cli {
namespace {

struct SimulateOptions {
  PlanOptions plan;
  std::uint64_t seed = 1;
};

void simulate(const SimulateOptions& options, ExitCode& exit) {
  CompiledFile file(options.plan.file);
  const plan::Plan* plan = chosen_plan(file, options.plan, exit);
  if (plan == nullptr) return;
  const runtime::sim::Report report = runtime::sim::simulate(
      *plan, {}, {.seed = options.seed, .keeps_timeline = true});
  fmt::print("{}", text_timeline(*plan, report));
  if (report.violation) exit = ExitCode::PlanWrong;
}

}  // namespace

void declare_simulate(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("simulate", "Carry a plan out in a simulated world, in virtual time");
  auto options = std::make_shared<SimulateOptions>();
  add_plan_options(*command, options->plan);
  command->add_option("--seed", options->seed, "chooses what is left to chance");
  command->footer(
      "Example:\n"
      "  mig simulate plan.mig --seed 7\n"
      "Nothing but the files is read: no store, no network, no clock.\n"
      "Exit codes: 0 done, 1 the plan is wrong, 64 usage");
  command->callback([options, &exit] { simulate(*options, exit); });
}

}  // namespace mig::cli
