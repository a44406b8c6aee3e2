// `mig test FILE…`: runs the `test` blocks of plans, and tries every inverse with rows that are
// made up.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.hpp"
#include "runtime/cli/commands.hpp"
#include "runtime/cli/compilation.hpp"
#include "runtime/cli/plan_tests.hpp"

namespace mig::cli {
namespace {

using Json = nlohmann::ordered_json;

struct TestOptions {
  std::vector<std::string> files;
  std::string env;
  ReportOptions report;
  PlanTestOptions tests;
};

std::string milliseconds(runtime::Duration took) {
  const auto tenths = std::chrono::duration_cast<std::chrono::microseconds>(took).count() / 100;
  return fmt::format("{}.{} ms", tenths / 10, tenths % 10);
}

std::string counts_text(const PlanTestResult& result, const InverseCounts& counts) {
  std::string text =
      fmt::format("{} rows at the limits, {} random ones", counts.boundary, counts.generated);
  if (counts.rejected > 0) text += fmt::format(", {} rejected", counts.rejected);
  text += fmt::format(", seed {}", counts.seed);
  if (result.verdict == Verdict::Failed || result.verdict == Verdict::Ok) return text;
  const auto most =
      std::ranges::max_element(counts.reasons, {}, [](const auto& one) { return one.second; });
  if (most != counts.reasons.end())
    text += fmt::format("\n          most are rejected because of {}", most->first);
  return text + fmt::format(
                    "\n          give a row that is accepted in a `test`: others are made "
                    "of it");
}

std::string end_text(const SimulatedEnd& end) {
  return fmt::format("{} after {}, seed {}", end.ending ? plan::name(*end.ending) : "stuck",
                     plan::print(std::chrono::ceil<std::chrono::seconds>(end.lasted)), end.seed);
}

void print_text(const PlanTestResult& result) {
  const std::string title = result.inverse
                                ? fmt::format("{}: `back {}`", result.name, result.subject)
                                : fmt::format("\"{}\" of {}", result.name, result.subject);
  std::string counts;
  if (result.inverse) counts = "  " + counts_text(result, *result.inverse);
  if (result.simulation) counts = "  " + end_text(*result.simulation);
  fmt::print("  {:<7} {}  {}{}\n", name(result.verdict), title, milliseconds(result.took), counts);
}

void print_json(const std::string& file, const CompiledFile& compiled,
                const PlanTestResult& result) {
  Json json{
      {"format", "mig.test/1.0"},
      {"file", file},
      {"kind", result.inverse      ? "inverse"
               : result.simulation ? "plan"
                                   : "test"},
      {"name", result.name},
      {"of", result.subject},
      {"outcome", name(result.verdict)},
      {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(result.took).count()}};
  if (result.inverse) {
    json["seed"] = result.inverse->seed;
    json["rows"] = Json{{"boundary", result.inverse->boundary},
                        {"generated", result.inverse->generated},
                        {"rejected", result.inverse->rejected}};
    json["rejected_because"] = Json::object();
    for (const auto& [reason, rows] : result.inverse->reasons)
      json["rejected_because"][reason] = rows;
  }
  if (result.simulation) {
    const auto& end = *result.simulation;
    json["seed"] = end.seed;
    json["ending"] = end.ending ? Json(plan::name(*end.ending)) : Json(nullptr);
    json["lasted_s"] = std::chrono::duration_cast<std::chrono::seconds>(end.lasted).count();
  }
  json["diagnostics"] = Json::array();
  const std::string lines = compiler::render_json(compiled.sources(), result.diagnostics);
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin);
    json["diagnostics"].push_back(Json::parse(lines.substr(begin, end - begin)));
    begin = end + 1;
  }
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Says how far it is, on standard error, once it has taken a while.
class Progress {
 public:
  explicit Progress(const runtime::Clock& clock) : clock_(clock), next_(clock.elapsed() + kEvery) {}

  void tell(const std::string& name, std::size_t rows) {
    if (clock_.elapsed() < next_) return;
    next_ = clock_.elapsed() + kEvery;
    fmt::print(stderr, "mig: {}: {} rows so far\n", name, rows);
  }

 private:
  static constexpr runtime::Duration kEvery = std::chrono::seconds(2);
  const runtime::Clock& clock_;
  runtime::Duration next_;
};

void test_file(const std::string& path, const TestOptions& options, ExitCode& exit) {
  CompiledFile compiled(path);
  // Environments change values of plans, not transforms: without one, the defaults will do.
  compiled.compile(options.env.empty() ? std::string(plan::kDefaultEnvironment) : options.env, {});
  const ExitCode own = compiled.report(options.report);
  if (own != ExitCode::Done) {
    const bool is_unknown = compiled.is_readable() && !compiled.diagnostics().has_errors();
    if (is_unknown) fmt::print(stderr, "mig: the plan has no environment `{}`\n", options.env);
    if (exit == ExitCode::Done) exit = own;
    return;
  }
  const runtime::SystemClock clock;
  Progress progress(clock);
  PlanTestOptions tests = options.tests;
  tests.watch = [&](const std::string& name, std::size_t rows) { progress.tell(name, rows); };
  const compiler::Color color = chosen_color(options.report.color);
  std::size_t count = 0;
  if (!options.report.is_json) fmt::print("{}\n", path);
  run_plan_tests(
      compiled.result(), compiled.tree(), tests, clock, [&](const PlanTestResult& result) {
        ++count;
        const bool holds = result.verdict == Verdict::Ok || result.verdict == Verdict::Partly;
        if (!holds && exit == ExitCode::Done) exit = ExitCode::PlanWrong;
        if (options.report.is_json) {
          print_json(path, compiled, result);
          return;
        }
        print_text(result);
        std::fflush(stdout);
        fmt::print(stderr, "{}", render_all(compiled.sources(), result.diagnostics, color));
      });
  if (count == 0 && !options.report.is_json)
    fmt::print("  nothing to test: it has no `test`, and no plan with `via` and `back`\n");
}

}  // namespace

void declare_test(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("test", "Run the tests of a plan, and try its inverses");
  auto options = std::make_shared<TestOptions>();
  command->add_option("FILE", options->files, "the plans")->required();
  command->add_option("--env", options->env, "the environment; without it, the plan by itself");
  command->add_option("--seed", options->tests.seed,
                      "makes these rows; without it, a number that follows from the plan");
  command
      ->add_option("--rows", options->tests.rows,
                   "how many random rows go there and back, behind those at the limits")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--json", options->report.is_json,
                    "one JSON object a test, on standard output");
  command->add_option("--color", options->report.color, "colour the report: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->footer(
      "Example:\n"
      "  mig test plan.mig\n"
      "  mig test plan.mig --rows 100000 --seed 7\n"
      "Runs each `test \"…\" of a_transform { given …; expect … }`, and each `test \"…\" of "
      "a_plan\n"
      "{ … }` in a simulated world: its lines are those of a scenario (`mig help simulate`), with\n"
      "`expect rolled_back`, `expect reached cutover within 3h`, `expect never reached retire`,\n"
      "`expect within 8d`. It fails, too, where a client is harmed, or a line never happens. For\n"
      "each plan with `via` and `back` it makes up rows of the old side, those at the limits of "
      "their types first, takes\n"
      "them over and back, and shows the smallest that is not what it was (M3011). Rows that a\n"
      "rule rejects do not count. No store is opened.\n"
      "JSON: kind (test, plan, inverse), name, of, outcome (ok, partly, nothing, failed), "
      "took_ms,\n"
      "diagnostics as those of `mig check --json`; of an inverse also seed, rows (boundary,\n"
      "generated, rejected) and rejected_because; of a plan seed, ending and lasted_s.\n"
      "Exit codes: 0 all hold, 1 one fails or the plan is wrong, 64 a file cannot be read");
  command->callback([options, &exit] {
    for (const std::string& path : options->files)
      test_file(path, *options, exit);
  });
}

}  // namespace mig::cli
