// `mig check FILE…`: reports every mistake in plans, and what a plan asks of whoever carries it
// out.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compiler/plan/carried_out.hpp"
#include "compiler/plan/resident_span.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/compilation.hpp"

namespace mig::cli {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  ReportOptions report;
};

// What was proved of a plan that is right, and what it asks of whoever carries it out. Environments
// change values, not steps.
void show_proofs(const std::string& path) {
  CompiledFile file(path);
  const auto environments = file.environments();
  file.compile(environments.empty() ? std::string(plan::kDefaultEnvironment) : environments.front(),
               {});
  for (std::size_t p = 0; p < file.result().plans.size(); ++p) {
    const plan::Plan& plan = file.result().plans[p];
    fmt::print("{}: {}\n", plan.name, print(file.result().proofs[p]));
    for (const plan::NotCarriedOut& one : not_carried_out(plan))
      fmt::print("{}: right, and this version cannot apply it: {}\n", plan.name, print(one));
    const plan::Views views(plan);
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (const auto span = resident_span(views.at(i)))
        fmt::print("{}: {}; `mig apply` stays for it\n", plan.name, print(plan, *span));
    }
  }
}

// The worst answer of all files: a mistake in a plan outweighs a file that is right.
void check_files(const CheckOptions& options, ExitCode& exit) {
  for (const std::string& path : options.files) {
    CompiledFile file(path);
    file.check_all_environments();
    const ExitCode own = file.report(options.report);
    if (exit == ExitCode::Done) exit = own;
    // The standard input is read once.
    if (own == ExitCode::Done && !options.report.is_json && path != "-") show_proofs(path);
  }
}

}  // namespace

void declare_check(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("check", "Report every mistake in a plan");
  auto options = std::make_shared<CheckOptions>();
  command->add_option("FILE", options->files, "the plans to check; `-` is the standard input")
      ->required();
  command->add_flag("--json", options->report.is_json,
                    "one JSON object a mistake, on standard output");
  command->add_option("--color", options->report.color, "colour the report: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->footer(
      "Example:\n"
      "  mig check plan.mig\n"
      "Every environment that a plan declares is checked. Nothing but the files is read.\n"
      "Exit codes: 0 no mistake, 1 the plan is wrong, 64 a file cannot be read");
  command->callback([options, &exit] { check_files(*options, exit); });
}

}  // namespace mig::cli
