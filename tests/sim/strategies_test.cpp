// Every strategy of the library, from end to end: in the simulated world, to its end and turned
// back on the way; and live, on SQLite, where nothing of its example waits for a later version.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "compiler/plan/carried_out.hpp"
#include "compiler/stdlib.hpp"
#include "runtime/sim/simulate.hpp"
#include "tests/support/compiled_plan.hpp"

namespace fs = std::filesystem;
using namespace mig;
using plan::StepId;
using runtime::sim::Options;
using runtime::sim::Report;
using runtime::sim::simulate;
using runtime::sim::Temperament;

namespace {

constexpr std::uint64_t kSeeds = 5;

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<fs::path> mig_files(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MIG_ROOT) / folder)) {
    if (entry.path().extension() == ".mig") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

// As `use std.traffic (canary, geographic)` names it, and a step or a phase of the plan uses it.
bool uses(const std::string& text, const std::string& strategy) {
  std::istringstream lines(text);
  bool is_named = false;
  bool is_used = false;
  for (std::string line; std::getline(lines, line);) {
    const bool has_it = line.find(strategy) != std::string::npos;
    const bool is_import = line.starts_with("use std.");
    const auto at = line.find(strategy + " ");
    is_named = is_named || (is_import && has_it);
    is_used = is_used || (!is_import && at != std::string::npos && !line.starts_with("#") &&
                          !line.starts_with("plan "));
  }
  return is_named && is_used;
}

plan::Plan example(const std::string& name) {
  const std::string text = read(fs::path(MIG_ROOT) / "examples/strategies" / (name + ".mig"));
  return tests::compiled_plan(text.c_str());
}

std::vector<std::string> live_scenarios(const std::string& strategy) {
  std::vector<std::string> found;
  for (const fs::path& path : mig_files("tests/scenarios")) {
    if (uses(read(path), strategy)) found.push_back(path.parent_path().filename().string());
  }
  return found;
}

// The steps that a run may still be turned back from: all before the first point of no return.
std::vector<StepId> steps_before_the_marker(const plan::Plan& plan) {
  std::vector<StepId> steps;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (std::holds_alternative<plan::PointOfNoReturn>(plan.steps[i].action)) break;
    steps.push_back(StepId{i});
  }
  return steps;
}

void check_unharmed(const plan::Plan& plan, const plan::Script& script, std::uint64_t seed) {
  const Report report =
      simulate(plan, script, Options{.temperament = Temperament::Adversarial, .seed = seed});
  INFO("seed " << seed << ": "
               << (report.violation
                       ? report.violation->what + ", during " + report.violation->during
                       : std::string()));
  CHECK_FALSE(report.violation);
}

}  // namespace

TEST_CASE("every strategy is simulated to its end, and turned back from each of its steps") {
  const auto strategies = mig_files("stdlib");
  REQUIRE(strategies.size() >= 13);
  for (const fs::path& path : strategies) {
    const std::string name = path.stem().string();
    const plan::Plan plan = example(name);
    INFO(name);
    const Report whole = simulate(plan, {}, {});
    CHECK(whole.ending == plan::Ending::Completed);
    CHECK_FALSE(whole.violation);
    const auto steps = steps_before_the_marker(plan);
    REQUIRE(steps.size() > 1);
    for (const StepId step : steps) {
      INFO("turned back when " << plan.at(step).name << " starts");
      const plan::Script script{.lines = {{.at = step, .turn = plan::Ask::Rollback, .text = "x"}}};
      const Report back = simulate(plan, script, {});
      CHECK_FALSE(back.violation);
      CHECK(back.never_happened.empty());
      CHECK(back.ending == plan::Ending::RolledBack);
      for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
        check_unharmed(plan, script, seed);
    }
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
      check_unharmed(plan, {}, seed);
  }
}

TEST_CASE("every strategy that this version carries out has a scenario that does") {
  std::size_t live = 0;
  for (const fs::path& path : mig_files("stdlib")) {
    const std::string name = path.stem().string();
    INFO(name);
    const auto scenarios = live_scenarios(name);
    const bool is_carried_out = plan::not_carried_out(example(name)).empty();
    // A `table` router carries more than the example of `geographic` or `time_window` may have.
    if (is_carried_out) CHECK_FALSE(scenarios.empty());
    for (const std::string& scenario : scenarios) {
      const std::string text = read(fs::path(MIG_ROOT) / "tests/scenarios" / scenario / "plan.mig");
      INFO(scenario);
      CHECK(text.find(": table") != std::string::npos);
      CHECK(fs::exists(fs::path(MIG_ROOT) / "tests/scenarios" / scenario / "app"));
    }
    live += scenarios.empty() ? 0 : 1;
  }
  CHECK(live >= 9);
}
