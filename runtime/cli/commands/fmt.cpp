// `mig fmt FILE…`: writes plans in their canonical layout.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "grammar/print.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/line_diff.hpp"
#include "runtime/cli/sources.hpp"
#include "runtime/durable_file.hpp"

namespace mig::cli {

namespace {

struct FmtOptions {
  std::vector<std::string> files;
  bool is_check = false;
  bool is_diff = false;
};

void format_file(const std::string& path, const FmtOptions& options, ExitCode& exit) {
  SourceText source = read_source(path);
  if (source.problem) {
    report_unreadable(*source.problem, exit);
    return;
  }
  syntax::SourceSet sources;
  const syntax::FileId file = sources.add(path, std::move(source.text));
  const std::string formatted = syntax::format(sources, file);
  const bool is_different = formatted != sources.text(file);
  if (options.is_check || options.is_diff) {
    if (!is_different) return;
    if (options.is_check) fmt::print("{}\n", path);
    if (options.is_diff) fmt::print("{}", line_diff(path, sources.text(file), formatted));
    exit = std::max(exit, ExitCode::PlanWrong);
  } else if (path == "-") {
    fmt::print("{}", formatted);
  } else if (is_different) {
    const std::error_code problem = runtime::replace_durably(path, formatted);
    if (!problem) return;
    fmt::print(stderr, "mig: cannot write `{}`: {}; it is unchanged\n", path, problem.message());
    exit = ExitCode::Unavailable;
  }
}

}  // namespace

void declare_fmt(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("fmt", "Write plans in their canonical layout");
  auto options = std::make_shared<FmtOptions>();
  command->add_option("FILE", options->files, "the plans; `-` formats standard input to output")
      ->required();
  command->add_flag("--check", options->is_check,
                    "change nothing; list the files that would change");
  command->add_flag("--diff", options->is_diff, "change nothing; show what would change");
  command->footer(
      "Example:\n"
      "  mig fmt --diff plan.mig\n"
      "Exit codes: 0 done, 1 with --check or --diff a file would change, 64 a file cannot be read");
  command->callback([options, &exit] {
    for (const std::string& path : options->files)
      format_file(path, *options, exit);
  });
}

}  // namespace mig::cli
