// `mig dump WHAT FILE` and `mig graph FILE`: what mig has made of a plan, stage by stage; and the
// words of the language.
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/blocks.hpp"
#include "compiler/canonical.hpp"
#include "compiler/plan/codec.hpp"
#include "compiler/plan/graph.hpp"
#include "compiler/plan/hash.hpp"
#include "grammar/outline.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/compilation.hpp"
#include "runtime/cli/plan_options.hpp"

namespace mig::cli {
namespace {

void dump_tree(const std::string& path, ExitCode& exit) {
  CompiledFile file(path);
  if (file.is_readable()) fmt::print("{}", syntax::outline(file.sources(), file.tree()));
  exit = file.report(ReportOptions{});
}

void dump_typed(const std::string& path, ExitCode& exit) {
  CompiledFile file(path);
  file.compile_everywhere();
  exit = file.report(ReportOptions{});
  if (exit == ExitCode::Done) fmt::print("{}", compiler::canonical(file.tree()));
}

// One object, with its hashes beside it; keys sorted, so that two dumps can be compared as text.
void dump_plan(const PlanOptions& options, ExitCode& exit) {
  CompiledFile file(options.file);
  const plan::Plan* plan = chosen_plan(file, options, exit);
  if (plan == nullptr) return;
  nlohmann::json json = nlohmann::json::parse(encode(*plan));
  json["plan_hash"] = print(plan_hash(*plan));
  json["source_hash"] = print(file.result().source_hash);
  fmt::print("{}\n", json.dump(1));
}

// The statement table, for whoever keeps a list of its words: highlighters, manuals.
void dump_words() {
  for (const compiler::StatementRow& row : compiler::statement_table()) {
    nlohmann::json json{{"word", row.word}, {"form", row.form}, {"about", row.about}};
    json["attributes"] = nlohmann::json::array();
    if (const auto attributes = compiler::attributes_of(row)) {
      for (const compiler::Attribute& one : *attributes)
        json["attributes"].push_back(one.name);
    }
    fmt::print("{}\n", json.dump());
  }
}

struct GraphOptions {
  PlanOptions plan;
  bool mermaid = false;
  bool svg = false;
};

void draw_graph(const GraphOptions& options, ExitCode& exit) {
  CompiledFile file(options.plan.file);
  const plan::Plan* plan = chosen_plan(file, options.plan, exit);
  if (plan == nullptr) return;
  fmt::print("{}", options.svg       ? svg_graph(*plan)
                   : options.mermaid ? mermaid_graph(*plan)
                                     : dot_graph(*plan));
}

void declare_stage(CLI::App& dump, ExitCode& exit, const char* name, const char* about,
                   void (*show)(const std::string&, ExitCode&)) {
  CLI::App* command = dump.add_subcommand(name, about);
  auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "the plan; `-` is the standard input")->required();
  command->footer(fmt::format("Example:\n  mig dump {} plan.mig", name));
  command->callback([path, show, &exit] { show(*path, exit); });
}

}  // namespace

void declare_dump(CLI::App& app, ExitCode& exit) {
  CLI::App* dump = app.add_subcommand("dump", "Show what mig has made of a plan");
  dump->require_subcommand(1);
  dump->footer("Example:\n  mig dump plan plan.mig --env prod");
  declare_stage(*dump, exit, "tree", "The statements and expressions, as read", dump_tree);
  declare_stage(*dump, exit, "typed",
                "What the text means, whatever its layout: what source_hash is of", dump_typed);
  CLI::App* words = dump->add_subcommand("words", "The statement table, one JSON object a word");
  words->callback(dump_words);
  CLI::App* plan = dump->add_subcommand("plan", "The compiled plan, as the journal keeps it");
  auto options = std::make_shared<PlanOptions>();
  add_plan_options(*plan, *options);
  plan->footer("Example:\n  mig dump plan plan.mig --env prod");
  plan->callback([options, &exit] { dump_plan(*options, exit); });
}

void declare_graph(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("graph", "Draw the phases of a plan");
  auto options = std::make_shared<GraphOptions>();
  add_plan_options(*command, options->plan);
  CLI::Option* mermaid =
      command->add_flag("--mermaid", options->mermaid, "for pages and pull requests; else DOT");
  command->add_flag("--svg", options->svg, "a picture")->excludes(mermaid);
  command->footer(
      "Examples:\n  mig graph plan.mig --env prod --svg > plan.svg\n  mig graph plan.mig "
      "--mermaid");
  command->callback([options, &exit] { draw_graph(*options, exit); });
}

}  // namespace mig::cli
