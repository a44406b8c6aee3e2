// `mig dump WHAT FILE`: what mig has made of a plan, stage by stage, for people who look inside.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "compiler/diagnostics/render.hpp"
#include "compiler/diagnostics/syntax_mistakes.hpp"
#include "grammar/outline.hpp"
#include "grammar/parse.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/sources.hpp"

namespace mig::cli {

namespace {

void dump_tree(const std::string& path, ExitCode& exit) {
  SourceText source = read_source(path);
  if (source.problem) {
    report_unreadable(*source.problem, exit);
    return;
  }
  syntax::SourceSet sources;
  const syntax::FileId file = sources.add(path, std::move(source.text));
  const syntax::Parsed parsed = syntax::parse(sources, file);
  fmt::print("{}", syntax::outline(sources, parsed.file));
  compiler::Diagnostics diagnostics;
  compiler::report_syntax_mistakes(parsed, diagnostics);
  fmt::print(stderr, "{}", render_all(sources, diagnostics, compiler::Color::Never));
  if (diagnostics.has_errors()) exit = ExitCode::PlanWrong;
}

}  // namespace

void declare_dump(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("dump", "Show what mig has made of a plan");
  command->require_subcommand(1);
  command->footer("Example:\n  mig dump tree plan.mig");
  CLI::App* tree = command->add_subcommand("tree", "The statements and expressions, as read");
  auto path = std::make_shared<std::string>();
  tree->add_option("FILE", *path, "the plan; `-` is the standard input")->required();
  tree->footer("Example:\n  mig dump tree plan.mig");
  tree->callback([path, &exit] { dump_tree(*path, exit); });
}

}  // namespace mig::cli
