// `mig check FILE…`: reports every mistake in plans, and does nothing else.
#include <cstdio>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "compiler/diagnostics/render.hpp"
#include "compiler/diagnostics/syntax_mistakes.hpp"
#include "grammar/parse.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/sources.hpp"

namespace mig::cli {

namespace {

struct CheckOptions {
  std::vector<std::string> files;
  bool is_json = false;
  std::string color = "auto";
};

compiler::Color chosen_color(const std::string& wish) {
  const bool is_wanted = wish == "always" || (wish == "auto" && ::isatty(STDERR_FILENO) == 1);
  return is_wanted ? compiler::Color::Always : compiler::Color::Never;
}

// The diagnostics of all files; those that cannot be read are reported and skipped.
void check_files(const CheckOptions& options, ExitCode& exit) {
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  for (const std::string& path : options.files) {
    SourceText source = read_source(path);
    if (source.problem) {
      report_unreadable(*source.problem, exit);
      continue;
    }
    const syntax::FileId file = sources.add(path, std::move(source.text));
    compiler::report_syntax_mistakes(syntax::parse(sources, file), diagnostics);
  }
  if (options.is_json) {
    fmt::print("{}", compiler::render_json(sources, diagnostics));
  } else {
    fmt::print(stderr, "{}", render_all(sources, diagnostics, chosen_color(options.color)));
  }
  if (!diagnostics.has_errors()) return;
  if (exit == ExitCode::Done) exit = ExitCode::PlanWrong;
  if (options.is_json) return;
  const std::size_t count = diagnostics.error_count();
  fmt::print(stderr, "\nmig: {} {} found\n", count, count == 1 ? "mistake" : "mistakes");
}

}  // namespace

void declare_check(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("check", "Report every mistake in a plan");
  auto options = std::make_shared<CheckOptions>();
  command->add_option("FILE", options->files, "the plans to check; `-` is the standard input")
      ->required();
  command->add_flag("--json", options->is_json, "one JSON object a mistake, on standard output");
  command->add_option("--color", options->color, "colour the report: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->footer(
      "Example:\n"
      "  mig check plan.mig\n"
      "Exit codes: 0 no mistake, 1 the plan is wrong, 64 a file cannot be read");
  command->callback([options, &exit] { check_files(*options, exit); });
}

}  // namespace mig::cli
