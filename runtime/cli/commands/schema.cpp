// `mig schema pull FILE`: keeps the schemas of a plan's stores, so that CI can check it without
// them.
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/plan_options.hpp"
#include "runtime/cli/refused_plan.hpp"
#include "runtime/cli/schema_file.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/durable_file.hpp"

namespace mig::cli {
namespace {

struct PullOptions {
  PlanOptions plan;
  std::string out;
};

std::string out_of(const PullOptions& options, const plan::Plan& plan) {
  if (!options.out.empty()) return options.out;
  return (std::filesystem::path(options.plan.file).parent_path() /
          fmt::format("schema.{}.json", plan.env))
      .generic_string();
}

ExitCode pull(const PullOptions& options) {
  ExitCode exit = ExitCode::Done;
  CompiledFile file(options.plan.file);
  const plan::Plan* plan = chosen_plan(file, options.plan, exit);
  if (plan == nullptr) return exit;
  if (const auto beyond = refused(*plan)) return *beyond;
  std::error_code error;
  const auto folder = std::filesystem::absolute(options.plan.file, error).parent_path();
  const auto pulled = pull_schemas(*plan, folder);
  if (!pulled) return report_error(pulled.error());
  const std::string out = out_of(options, *plan);
  if (const auto failure = runtime::replace_durably(out, as_text(*pulled))) {
    fmt::print(stderr, "mig: {} cannot be written: {}\n     name another file with --out\n", out,
               failure.message());
    return ExitCode::Unavailable;
  }
  for (const PulledStore& store : pulled->stores)
    fmt::print("{}: {} tables, {} views, {} triggers\n", store.name, store.schema.tables.size(),
               store.schema.views.size(), store.schema.triggers.size());
  fmt::print("\nSaved {}. In CI: mig check {} --schema {}\n", out, options.plan.file, out);
  return ExitCode::Done;
}

}  // namespace

void declare_schema(CLI::App& app, ExitCode& exit) {
  CLI::App* schema = app.add_subcommand("schema", "Keep the live schemas of a plan's stores");
  schema->require_subcommand(1);
  schema->footer("Example:\n  mig schema pull plan.mig --env prod");
  CLI::App* command = schema->add_subcommand("pull", "Read the stores and write their schemas");
  auto options = std::make_shared<PullOptions>();
  add_plan_options(*command, options->plan);
  command->add_option("--out", options->out, "the file; else schema.ENV.json beside the plan");
  command->footer(
      "Examples:\n"
      "  mig schema pull plan.mig --env prod\n"
      "  mig check plan.mig --schema schema.prod.json\n"
      "Tables, columns, keys, indexes, views and triggers are kept, and no row. Stores are read,\n"
      "never written.\n"
      "Exit codes: 0 done, 1 the plan is wrong, 3 a store that this version does not open,\n"
      "            69 a store cannot be reached");
  command->callback([options, &exit] { exit = pull(*options); });
}

}  // namespace mig::cli
