// Every scenario: run; lost at every journal record and resumed; undone from each step before its
// point of no return, and run again.
#include "tests/scenarios/scenario.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <catch2/catch.hpp>

using namespace mig;
using test::CrashPoint;
using test::ScenarioRun;
using namespace std::chrono_literals;

namespace {

// Where a run that ended like this could be turned back: every step that began before the first
// point of no return, once it has started and, unless it was undone, once it is done.
std::vector<std::pair<std::string, bool>> stops_of(const plan::Plan& plan,
                                                   const plan::RunState& ended) {
  std::vector<std::pair<std::string, bool>> stops;
  std::uint32_t first_marker = UINT32_MAX;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const bool is_marker = std::holds_alternative<plan::PointOfNoReturn>(plan.steps[i].action);
    if (is_marker && ended.steps[i].started > 0)
      first_marker = std::min(first_marker, ended.steps[i].started);
  }
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const plan::StepState& step = ended.steps[i];
    if (step.started == 0 || step.started >= first_marker) continue;
    stops.emplace_back(plan.steps[i].name, false);
    stops.emplace_back(plan.steps[i].name, true);
  }
  return stops;
}

}  // namespace

TEST_CASE("scenarios: a run that is lost at any record is resumed and ends the same") {
  for (const test::Scenario& scenario : test::all_scenarios()) {
    INFO(scenario.name);
    ScenarioRun undisturbed(scenario);
    const auto end = undisturbed.run();
    REQUIRE(end);
    INFO(end->detail);
    CHECK(end->kind == scenario.expected);
    const test::Picture wanted = undisturbed.picture();
    const int appends = undisturbed.appends();
    REQUIRE(appends > 3);
    for (int at = 1; at <= appends; ++at) {
      for (const bool is_before : {true, false}) {
        INFO("append " << at << (is_before ? ", before it is written" : ", right after"));
        ScenarioRun disturbed(scenario);
        disturbed.run(CrashPoint{at, is_before});
        const auto resumed = disturbed.run();
        REQUIRE(resumed);
        INFO(resumed->detail);
        CHECK(resumed->kind == end->kind);
        const test::Picture picture = disturbed.picture();
        CHECK(picture.stores == wanted.stores);
        CHECK(picture.routes == wanted.routes);
        CHECK(picture.log == wanted.log);
      }
    }
  }
}

TEST_CASE("scenarios: a runner that another one has overtaken does nothing more, at any record") {
  std::set<std::size_t> kinds;
  for (const test::Scenario& scenario : test::all_scenarios()) {
    INFO(scenario.name);
    for (const plan::Step& step : scenario.plan.steps)
      kinds.insert(step.action.index());
    ScenarioRun undisturbed(scenario);
    REQUIRE(undisturbed.run());
    // The first two records are of a run that has not begun.
    for (int at = 3; at < undisturbed.appends(); ++at) {
      INFO("after append " << at);
      ScenarioRun disturbed(scenario);
      disturbed.run(CrashPoint{.append = at, .is_overtaken = true});
      CHECK(disturbed.overtaken() == runtime::EndKind::LeaseLost);
      const test::Picture picture = disturbed.picture();
      CHECK(picture.stores == disturbed.when_overtaken().stores);
      CHECK(picture.routes == disturbed.when_overtaken().routes);
      CHECK(picture.log == disturbed.when_overtaken().log);
    }
  }
  // Every kind of step but the four that this version does not carry out.
  const bool is_whole = std::getenv("MIG_SCENARIO") == nullptr;
  CHECK((!is_whole || kinds.size() == std::variant_size_v<plan::Action> - 4));
}

TEST_CASE("scenarios: steps start in the windows of their phases, and a copy goes on in the next") {
  const auto all = test::all_scenarios();
  const auto windows = std::ranges::find(all, "windows", &test::Scenario::name);
  if (windows == all.end() && std::getenv("MIG_SCENARIO") != nullptr) return;
  REQUIRE(windows != all.end());
  ScenarioRun run(*windows);
  const auto began = [&](const std::string& step) {
    const plan::RunState state = run.state();
    const auto found = std::ranges::find(windows->plan.steps, step, &plan::Step::name);
    const auto& seen =
        state.steps.at(static_cast<std::size_t>(found - windows->plan.steps.begin()));
    return runtime::print(runtime::Instant(std::chrono::microseconds(seen.started_at)))
        .substr(0, 16);
  };
  SECTION("undisturbed") {
    REQUIRE(run.run());
  }
  SECTION("a pause that has not begun when the window closes begins in the next one") {
    run.run_until("cutover/writes#1", false);
    // For longer than the step may take, were it at work.
    run.leap_to(std::chrono::sys_days(std::chrono::year(2027) / 1 / 23) + 22h + 48min);
    const auto end = run.run();
    REQUIRE(end);
    INFO(end->detail);
    CHECK(end->kind == runtime::EndKind::Completed);
    CHECK(began("cutover/require#1") == "2027-01-23T23:00");
  }
  // It is Friday morning when the run begins, and Monday's night is the first that is meant.
  CHECK(began("mirror/writes#1") == "2027-01-15T08:00");
  CHECK(began("move/scan#1") == "2027-01-18T21:00");
  CHECK(began("compare/verify#1") == "2027-01-20T21:00");
  // Every evening is too short for the pause that the plan allows.
  CHECK(began("cutover/writes#1") == "2027-01-22T23:00");
}

TEST_CASE("scenarios: a rehearsal that is lost halfway is taken up, and taken back") {
  int rehearsals = 0;
  for (const test::Scenario& scenario : test::all_scenarios()) {
    const auto step = std::ranges::find_if(scenario.plan.steps, [](const plan::Step& one) {
      return std::holds_alternative<plan::Rehearse>(one.action);
    });
    if (step == scenario.plan.steps.end()) continue;
    ++rehearsals;
    ScenarioRun whole(scenario);
    whole.run();
    const test::Picture wanted = whole.picture();
    for (const std::string when : {"the way back begins", "the writes have been back"}) {
      INFO(scenario.name << ", when " << when);
      ScenarioRun run(scenario);
      run.run_amid(step->name, when);
      SECTION("taken up " + scenario.name + " " + when) {
        const auto end = run.run();
        REQUIRE(end);
        INFO(end->detail);
        CHECK(end->kind == runtime::EndKind::Completed);
        CHECK(run.picture().stores == wanted.stores);
        CHECK(run.picture().routes == wanted.routes);
        CHECK(run.picture().log == wanted.log);
      }
      SECTION("taken back " + scenario.name + " " + when) {
        const auto back = run.roll_back();
        INFO(back.detail);
        CHECK(back.kind == runtime::EndKind::RolledBack);
        const test::Picture after = run.picture();
        ScenarioRun untouched(scenario);
        untouched.write_as(run);
        CHECK(after.stores == untouched.picture().stores);
        CHECK(after.routes == untouched.picture().routes);
        REQUIRE(run.run());
        CHECK(run.picture().stores == wanted.stores);
      }
    }
  }
  CHECK((rehearsals == 3 || std::getenv("MIG_SCENARIO") != nullptr));
}

TEST_CASE(
    "scenarios: a run is undone from any step before its point of no return, and runs again") {
  for (const test::Scenario& scenario : test::all_scenarios()) {
    if (scenario.expected != runtime::EndKind::Completed) continue;
    INFO(scenario.name);
    ScenarioRun whole(scenario);
    whole.run();
    const test::Picture wanted = whole.picture();
    for (const auto& [step, is_done] : stops_of(scenario.plan, whole.state())) {
      INFO(step << (is_done ? " is done" : " has started"));
      ScenarioRun run(scenario);
      run.run_until(step, is_done);
      const auto back = run.roll_back();
      INFO(back.detail);
      CHECK(back.kind == runtime::EndKind::RolledBack);
      const test::Picture after = run.picture();
      ScenarioRun untouched(scenario);
      untouched.write_as(run);
      const test::Picture before = untouched.picture();
      CHECK(after.stores == before.stores);
      CHECK(after.routes == before.routes);
      const auto again = run.run();
      REQUIRE(again);
      INFO(again->detail);
      CHECK(again->kind == runtime::EndKind::Completed);
      CHECK(run.picture().stores == wanted.stores);
    }
  }
}
