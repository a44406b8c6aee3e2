// `mig expand FILE`: the plan with every strategy replaced by the steps that it stands for.
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/expanded_text.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/compilation.hpp"

namespace mig::cli {
namespace {

struct ExpandOptions {
  std::string file;
  std::string plan;
  bool is_json = false;
};

std::string as_json(const compiler::ExpandedText& expanded) {
  nlohmann::ordered_json uses = nlohmann::ordered_json::array();
  for (const compiler::ShownUse& use : expanded.uses) {
    uses.push_back({{"strategy", use.strategy},
                    {"declared_in", use.from},
                    {"line", use.at.line},
                    {"column", use.at.column},
                    {"stands_for", use.text}});
  }
  return nlohmann::ordered_json{{"text", expanded.text}, {"uses", std::move(uses)}}.dump(1);
}

void expand(const ExpandOptions& options, ExitCode& exit) {
  CompiledFile file(options.file);
  file.compile_everywhere();
  exit = file.report(ReportOptions{});
  if (exit != ExitCode::Done) return;
  if (!options.plan.empty() && !file.declares_plan(options.plan)) {
    fmt::print(stderr, "mig: the file has no plan `{}`\n", options.plan);
    exit = ExitCode::Usage;
    return;
  }
  const compiler::ExpandedText expanded = file.expanded(options.plan);
  fmt::print("{}", options.is_json ? as_json(expanded) + "\n" : expanded.text);
}

}  // namespace

void declare_expand(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("expand", "Show what the strategies of a plan stand for");
  auto options = std::make_shared<ExpandOptions>();
  command->add_option("FILE", options->file, "the plan; `-` is the standard input")->required();
  command->add_option("--plan", options->plan, "that plan only, where the file has several");
  command->add_flag("--json", options->is_json, "the text and each use, as one JSON object");
  command->footer(
      "Example:\n"
      "  mig expand plan.mig | diff plan.mig -\n"
      "What is printed is a plan without strategies that compiles to the same steps.\n"
      "`mig explain` lists the strategies of the library.\n"
      "Exit codes: 0 done, 1 the plan is wrong, 64 a file cannot be read");
  command->callback([options, &exit] { expand(*options, exit); });
}

}  // namespace mig::cli
