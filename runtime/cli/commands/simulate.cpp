// `mig simulate FILE`: the plan against a simulated world, in virtual time.
#include "runtime/sim/simulate.hpp"

#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "compiler/check_script.hpp"
#include "compiler/diagnostics/render.hpp"
#include "compiler/diagnostics/syntax_mistakes.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/plan_options.hpp"
#include "runtime/cli/sources.hpp"
#include "runtime/sim/timeline.hpp"

namespace mig::cli {
namespace {

struct SimulateOptions {
  PlanOptions plan;
  std::string scenario;
  std::uint64_t seed = 1;
  bool is_json = false;
  std::string html;
};

// A scenario that the plan understands; nothing where it was refused, and why has been said.
class Scenario {
 public:
  Scenario(const std::string& path, ExitCode& exit) : exit_(exit) {
    if (path.empty()) return;
    SourceText source = read_source(path);
    if (source.problem) {
      report_unreadable(*source.problem, exit_);
      is_readable_ = false;
      return;
    }
    parsed_ = syntax::parse(sources_, sources_.add(path, std::move(source.text)));
    compiler::report_syntax_mistakes(*parsed_, diagnostics_);
  }

  bool is_readable() const { return is_readable_; }
  std::vector<std::string> settings() const {
    return parsed_ ? compiler::settings_of(sources_, parsed_->file.statements)
                   : std::vector<std::string>();
  }
  std::optional<plan::Script> script(const plan::Plan& plan) {
    if (!parsed_) return plan::Script{};
    plan::Script script = check_scenario(sources_, parsed_->file, plan, diagnostics_);
    fmt::print(stderr, "{}", render_all(sources_, diagnostics_, compiler::Color::Never));
    if (!diagnostics_.has_errors()) return script;
    exit_ = ExitCode::PlanWrong;
    return std::nullopt;
  }

 private:
  ExitCode& exit_;
  bool is_readable_ = true;
  syntax::SourceSet sources_;
  compiler::Diagnostics diagnostics_;
  std::optional<syntax::Parsed> parsed_;
};

bool write_page(const std::string& path, const std::string& page, ExitCode& exit) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << page;
  out.close();
  if (out.good()) return true;
  fmt::print(stderr, "mig: `{}` cannot be written\n", path);
  exit = ExitCode::Unavailable;
  return false;
}

void simulate(SimulateOptions options, ExitCode& exit) {
  Scenario scenario(options.scenario, exit);
  if (!scenario.is_readable()) return;
  CompiledFile file(options.plan.file);
  // What the command line says outweighs what the scenario says.
  auto sets = scenario.settings();
  sets.insert(sets.end(), options.plan.sets.begin(), options.plan.sets.end());
  options.plan.sets = std::move(sets);
  const plan::Plan* plan = chosen_plan(file, options.plan, exit);
  if (plan == nullptr) return;
  const auto script = scenario.script(*plan);
  if (!script) return;
  const runtime::sim::Report report =
      runtime::sim::simulate(*plan, *script, {.seed = options.seed, .keeps_timeline = true});
  fmt::print("{}", options.is_json ? json_timeline(*plan, report) : text_timeline(*plan, report));
  if (report.violation || !report.is_as_expected) exit = ExitCode::PlanWrong;
  if (!options.html.empty()) write_page(options.html, html_timeline(*plan, report), exit);
}

}  // namespace

void declare_simulate(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("simulate", "Carry a plan out in a simulated world, in virtual time");
  auto options = std::make_shared<SimulateOptions>();
  add_plan_options(*command, options->plan);
  command->add_option("--scenario", options->scenario, "a file that says what happens; see below");
  command->add_option("--seed", options->seed, "chooses what is left to chance");
  command->add_flag("--json", options->is_json, "the timeline as one JSON object");
  command->add_option("--html", options->html, "writes the timeline as a page to this file, too");
  command->footer(
      "Example:\n"
      "  mig simulate plan.mig --env prod --scenario slow.scenario --html timeline.html\n"
      "where slow.scenario says, one line each, what happens:\n"
      "  assume rows = 2_000_000 rows                also reads = 400 req/s, writes = 20 req/s\n"
      "  set chunk = 500 rows                        a param, as --set would\n"
      "  at widen 25% after 3m: p95(reads.new) = 90ms for 10m\n"
      "  at compare verify: fail 2                   so many attempts; without a number for good\n"
      "  at settle after 2d: rollback                or crash, pause, continue, no_data GATE\n"
      "  crash at cutover                            after its effect, before it is written down\n"
      "  approve \"shop-owner\" after 2h               who is not named approves at once\n"
      "  refuse approve \"shop-owner\"\n"
      "  no_data slo from 10m to 40m                 counted from the start of the run\n"
      "  continue after 1h                           whenever the run pauses\n"
      "  expect rolled_back                          or completed, paused, partial\n"
      "  expect reached cutover within 3h            or never reached retire, or within 8d\n"
      "A place is PHASE [VERB] [SHARE] [after DURATION], or `start`. The world is a model: what\n"
      "only an application knows is assumed to be well, until a scenario says otherwise. Nothing\n"
      "but the files is read, and every plan that compiles can be simulated.\n"
      "Exit codes: 0 done, 1 the plan or the scenario is wrong, it ended otherwise than expected,\n"
      "            or a client was harmed, 64 usage");
  command->callback([options, &exit] { simulate(*options, exit); });
}

}  // namespace mig::cli
