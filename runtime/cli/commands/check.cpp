// `mig check FILE…`: reports every mistake in plans, and what a plan asks of whoever carries it
// out.
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compiler/plan/carried_out.hpp"
#include "compiler/plan/resident_span.hpp"
#include "compiler/plan/views.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/compilation.hpp"
#include "runtime/cli/live_report.hpp"
#include "runtime/cli/preview/sarif.hpp"
#include "runtime/cli/preview/shown_diagnostics.hpp"
#include "runtime/cli/schema_file.hpp"

namespace mig::cli {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  bool is_strict = false;
  bool is_sarif = false;
  std::string schema;
  ReportOptions report;
};

using Compilations = std::vector<compiler::Compilation>;

// What was proved of a plan that is right, and what it asks of whoever carries it out. Environments
// change values, not steps.
void show_proofs(const compiler::Compilation& compiled) {
  for (std::size_t p = 0; p < compiled.plans.size(); ++p) {
    const plan::Plan& plan = compiled.plans[p];
    fmt::print("{}: {}\n", plan.name, print(compiled.proofs[p]));
    for (const plan::NotCarriedOut& one : not_carried_out(plan))
      fmt::print("{}: right, and this version cannot apply it: {}\n", plan.name, print(one));
    const plan::Views views(plan);
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (const auto span = resident_span(views.at(i)))
        fmt::print("{}: {}; `mig apply` stays for it\n", plan.name, print(plan, *span));
    }
  }
}

// Nothing to warn of, and proved in every environment.
bool is_strictly_right(const CompiledFile& file, const Compilations& everywhere) {
  if (!file.diagnostics().all().empty()) {
    fmt::print(stderr, "\nmig: a warning is a mistake under `--strict`\n");
    return false;
  }
  for (const compiler::Compilation& compiled : everywhere) {
    for (const compiler::Proof& proof : compiled.proofs) {
      if (proof.is_complete) continue;
      fmt::print(stderr, "mig: {}\n", print(proof));
      return false;
    }
  }
  return true;
}

// Against schemas that were pulled: what differs is a mistake like any other.
ExitCode check_schemas(CompiledFile& file, const Compilations& everywhere,
                       const SchemaFile& schemas) {
  ExitCode exit = ExitCode::Done;
  for (const compiler::Compilation& compiled : everywhere) {
    for (const plan::Plan& plan : compiled.plans) {
      if (plan.env != schemas.env) continue;
      const Preflight found = findings_in(plan, schemas);
      file.add(live_diagnostics(file, plan, found));
      for (const std::string& warning : found.warnings)
        fmt::print(stderr, "mig: {}: {}\n", plan.name, warning);
      for (const Obstacle& obstacle : found.obstacles) {
        fmt::print(stderr, "mig: {}: {}\n     {}\n", plan.name, obstacle.message, obstacle.help);
        exit = ExitCode::PlanWrong;
      }
    }
  }
  return exit;
}

// The worst answer of all files: a mistake in a plan outweighs a file that is right.
void check_files(const CheckOptions& options, ExitCode& exit) {
  std::vector<ShownDiagnostic> found;
  std::optional<SchemaFile> schemas;
  if (!options.schema.empty()) {
    auto read = schema_file_in(options.schema);
    if (!read) {
      fmt::print(stderr, "mig: `{}` cannot be used: {}\n     pull it with `mig schema pull`\n",
                 options.schema, read.error());
      exit = ExitCode::Usage;
      return;
    }
    schemas = std::move(*read);
  }
  for (const std::string& path : options.files) {
    CompiledFile file(path);
    const Compilations& everywhere = file.compile_everywhere();
    ExitCode own = ExitCode::Done;
    if (schemas) own = check_schemas(file, everywhere, *schemas);
    if (const ExitCode reported = file.report(options.report); own == ExitCode::Done)
      own = reported;
    if (own == ExitCode::Done && options.is_strict && !is_strictly_right(file, everywhere))
      own = ExitCode::PlanWrong;
    if (exit == ExitCode::Done) exit = own;
    if (options.is_sarif) {
      std::ranges::move(shown_diagnostics(file.sources(), file.diagnostics()),
                        std::back_inserter(found));
    } else if (own == ExitCode::Done && !options.report.is_json) {
      show_proofs(everywhere.front());
    }
  }
  if (options.is_sarif) fmt::print("{}", as_sarif(found));
}

}  // namespace

void declare_check(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("check", "Report every mistake in a plan");
  auto options = std::make_shared<CheckOptions>();
  command->add_option("FILE", options->files, "the plans to check; `-` is the standard input")
      ->required();
  command->add_flag("--strict", options->is_strict,
                    "count warnings, and what could not be proved, as mistakes");
  CLI::Option* json = command->add_flag("--json", options->report.is_json,
                                        "one JSON object a mistake, on standard output");
  command->add_flag("--sarif", options->is_sarif, "one SARIF log of all files, for code scanning")
      ->excludes(json);
  command->add_option("--schema", options->schema,
                      "hold the plans against these schemas, which `mig schema pull` wrote");
  command->add_option("--color", options->report.color, "colour the report: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->footer(
      "Example:\n"
      "  mig check plan.mig\n"
      "  mig check --strict plan.mig\n"
      "  mig check --sarif plans/*.mig > mig.sarif\n"
      "  mig check --schema schema.prod.json plan.mig\n"
      "Every environment that a plan declares is checked. Nothing but the files is read.\n"
      "Exit codes: 0 no mistake, 1 the plan is wrong, 64 a file cannot be read");
  command->callback([options, &exit] { check_files(*options, exit); });
}

}  // namespace mig::cli
