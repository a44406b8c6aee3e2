// Timelines as people read them, whole, beside their scenarios in tests/golden/sim.
// MIG_UPDATE_GOLDENS=1 rewrites them.
#include "runtime/sim/timeline.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>

#include <catch2/catch.hpp>

#include "compiler/check_script.hpp"
#include "runtime/clock.hpp"
#include "runtime/sim/simulate.hpp"
#include "tests/support/plan_file.hpp"

using namespace mig;
using namespace runtime::sim;

namespace {

struct Sample {
  const char* name;
  const char* plan;
  const char* env;
  bool has_scenario;
};

constexpr Sample kSamples[] = {
    {"01_package_index", "examples/01_package_index/plan.mig", "prod", false},
    {"02_users_split", "examples/02_users_split/plan.mig", "prod", false},
    {"session_cache", "tests/golden/plan/session_cache.mig", "staging", false},
    {"01_slow_reads", "examples/01_package_index/plan.mig", "prod", true},
    {"02_bad_day", "examples/02_users_split/plan.mig", "prod", true},
    {"session_cache_cold", "tests/golden/plan/session_cache.mig", "staging", true},
};

plan::Script script_of(const plan::Plan& plan, const std::string& path) {
  syntax::SourceSet sources;
  compiler::Diagnostics diagnostics;
  const auto parsed = syntax::parse(sources, sources.add(path, tests::file_text(path)));
  plan::Script script = check_scenario(sources, parsed.file, plan, diagnostics);
  INFO(compiler::render_all(sources, diagnostics, compiler::Color::Never));
  REQUIRE(!diagnostics.has_errors());
  return script;
}

std::string golden_path(const char* name, const char* ending) {
  return std::string(MIG_ROOT) + "/tests/golden/sim/" + name + ending;
}

}  // namespace

TEST_CASE("timelines are what they were") {
  for (const Sample& sample : kSamples) {
    const auto plan = tests::plan_of_file(sample.plan, sample.env);
    plan::Script script;
    if (sample.has_scenario) script = script_of(plan, golden_path(sample.name, ".scenario"));
    const Report report = simulate(plan, script, {.seed = 1, .keeps_timeline = true});
    const std::string text = text_timeline(plan, report);
    const std::string path = golden_path(sample.name, ".txt");
    if (std::getenv("MIG_UPDATE_GOLDENS") != nullptr) std::ofstream(path) << text;
    INFO(sample.name);
    CHECK(text == tests::file_text(path));
    CHECK(!report.violation);
    CHECK(report.is_as_expected);
    CHECK(report.never_happened.empty());
  }
}

TEST_CASE("one seed gives one output, in every form") {
  const auto plan = tests::plan_of_file("examples/02_users_split/plan.mig", "prod");
  const auto script = script_of(plan, golden_path("02_bad_day", ".scenario"));
  const auto once = simulate(plan, script, {.seed = 7, .keeps_timeline = true});
  const auto again = simulate(plan, script, {.seed = 7, .keeps_timeline = true});
  CHECK(text_timeline(plan, once) == text_timeline(plan, again));
  CHECK(json_timeline(plan, once) == json_timeline(plan, again));
  CHECK(html_timeline(plan, once) == html_timeline(plan, again));
}

TEST_CASE("no line of a timeline is wider than a terminal") {
  for (const Sample& sample : kSamples) {
    std::ifstream in(golden_path(sample.name, ".txt"));
    for (std::string line; std::getline(in, line);) {
      INFO(line);
      CHECK(line.size() <= 100);
    }
  }
}

TEST_CASE("a hold of four weeks is over at once") {
  auto plan = tests::plan_of_file("examples/01_package_index/plan.mig", "prod");
  for (plan::Step& step : plan.steps) {
    auto* hold = std::get_if<plan::Hold>(&step.action);
    if (hold != nullptr && !hold->required) hold->length = std::chrono::hours(28 * 24);
  }
  for (plan::Gate& gate : plan.gates)
    gate.every = std::chrono::seconds(15);
  const runtime::SystemClock clock;
  const auto began = clock.elapsed();
  const Report report = simulate(plan, {}, {.keeps_timeline = true});
  CHECK(clock.elapsed() - began < std::chrono::seconds(1));
  CHECK(report.ending == plan::Ending::Completed);
  CHECK(report.ended_at - report.started_at > 28LL * 6 * 24 * 3600 * 1'000'000);
  // Two gates look at each of the five shares, and two while it settles.
  CHECK(report.looks > 12LL * 28 * 24 * 3600 / 15);
}
