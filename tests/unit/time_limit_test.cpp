// Steps that take too long, on a clock that leaps over every wait.
#include "compiler/plan/time_limit.hpp"

#include <catch2/catch.hpp>

#include "tests/support/executed_plan.hpp"
#include "tests/support/shop_stores.hpp"

using namespace mig;
using namespace mig::tests;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

// 100 rows, ten each ten seconds, then a month of waiting; the copy may take 25 seconds.
struct SlowRun {
  explicit SlowRun(const plan::OnFail& on_fail)
      : plan(shop_run(
            plan::Copy{.chunk = {10}, .pace = {plan::PaceKind::Limited, {1, seconds(1)}}})) {
    make_legacy(folder / "old.db", 100);
    plan.steps.push_back(step("move/hold#1", plan::Hold{.length = hours(30 * 24)}));
    plan.phases = {{.name = "move", .steps = {{0}, {1}, {2}}}};
    for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
      plan.steps[i].on_fail = on_fail;
      plan.steps[i].limit = plan::time_limit(plan.steps[i].action);
      if (i > 0) plan.steps[i].needs = {{i - 1}};
    }
    plan.steps[1].limit = seconds(25);
  }

  runtime::EndKind run() { return execute(plan, folder, clock, notes); }

  TemporaryFolder folder;
  plan::Plan plan;
  test::VirtualClock clock;
  Notes notes;
};

}  // namespace

TEST_CASE("time limit: a step past its limit fails as its phase says") {
  SlowRun slow({});
  CHECK(slow.run() == runtime::EndKind::RolledBack);
  const auto failures = slow.notes.all<plan::StepFailed>();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].message == "it has run for longer than its limit of 25s");
}

TEST_CASE("time limit: every attempt has its own, and goes on where the last one stopped") {
  SlowRun slow({.retry = {.times = 3, .first_wait = seconds(1), .longest_wait = seconds(1)}});
  const auto began = slow.clock.now();
  CHECK(slow.run() == runtime::EndKind::Completed);
  CHECK(slow.notes.all<plan::StepFailed>().size() == 3);
  CHECK(rows_of(slow.folder / "new.db", "SELECT count(*) FROM users") == "100\n");
  // A hold is as long as it says.
  CHECK(slow.clock.now() - began > hours(30 * 24));
}

TEST_CASE("time limit: what waits by its own rules has none") {
  CHECK_FALSE(plan::time_limit(plan::Hold{.length = hours(1)}));
  CHECK_FALSE(plan::time_limit(plan::Approve{.who = "owner"}));
  CHECK(plan::time_limit(plan::Copy{}) == hours(7 * 24));
  CHECK(plan::time_limit(plan::RouteReads{}) == std::chrono::minutes(10));
}
