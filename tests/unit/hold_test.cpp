// A hold while the run follows: what was touched is compared again at every look.
//
// The control of each case is the same world with a row that nobody touched: it is wrong as well,
// and stays unseen until everything is compared once a day.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/steps/following.hpp"
#include "runtime/steps/hold_cursor.hpp"
#include "runtime/steps/touched_check.hpp"
#include "runtime/steps/waiting.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using namespace std::chrono_literals;
using plan::Side;
using runtime::TouchedCheck;

namespace {

constexpr plan::StepId kForward{0};
constexpr plan::StepId kReverse{1};
constexpr plan::StepId kVerify{2};
constexpr plan::StepId kHold{3};

plan::Plan staff_plan(plan::Duration length) {
  plan::Plan plan;
  plan.name = "staff";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {"new.db"}}};
  plan.entities = {
      {"Person",
       {field("id", plan::Type::of(plan::Base::I64), true), field("name", plan::Type::text(9))},
       {}}};
  plan.datasets = {{"old", {0}, {0}, "staff", {}}, {"new", {0}, {1}, "people", {}}};
  plan.to = {{1}};
  plan.gates = {{.name = "same",
                 .clauses = {{.reading = plan::DatasetReading{plan::MetricKind::Drift, {0}},
                              .compare = plan::Compare::Equal,
                              .limit = {},
                              .text = "drift(old) == 0 rows"}},
                 .every = 15s}};
  plan.steps = {
      step("mirror/writes#1",
           plan::RouteWrites{.to = Side::Old, .mirror = plan::WriteMode::Follow}),
      step("over/writes#1", plan::RouteWrites{.to = Side::New, .mirror = plan::WriteMode::Follow}),
      step("check/verify#1", plan::Verify{}),
      step("soak/hold#1", plan::Hold{.length = length, .gates = {{0}}})};
  return plan;
}

// Both sides are equal, and one follows the other.
struct Staff {
  explicit Staff(Side leader, plan::Duration length = 1h)
      : leads(leader), plan(staff_plan(length)) {
    const char* rows = "(id INTEGER PRIMARY KEY, name TEXT NOT NULL)";
    for (const auto& [file, table] : {std::pair("old.db", "staff"), std::pair("new.db", "people")})
      run_sql(folder / file, fmt::format("CREATE TABLE {0}{1}; INSERT INTO {0} VALUES(1, 'ann'), "
                                         "(2, 'bob'), (3, 'cyd')",
                                         table, rows));
    world.emplace(plan, folder.path());
    world->fence();
    const auto started = runtime::start_following(world->world, followed(), leads);
    if (!started) FAIL(started.error().message);
    state(kForward).status = plan::StepStatus::Done;
    if (leads == Side::New) state(kReverse).status = plan::StepStatus::Done;
    // The comparison of a step before: none has to be made in the hold.
    state(kVerify) = {.status = plan::StepStatus::Done,
                      .started = 1,
                      .started_at = world->clock.now().time_since_epoch().count(),
                      .summary = "drift new=0; source=0; rejected=0; compared=3; complete"};
    state(kHold).status = plan::StepStatus::Running;
    hold = runtime::make_hold(std::get<plan::Hold>(plan.at(kHold).action), kHold);
  }

  plan::StepState& state(plan::StepId id) { return world->state().steps[id.index]; }
  plan::StepId followed() const { return leads == Side::Old ? kForward : kReverse; }
  // What an application writes, and what somebody spoils where mig carries it.
  void write(const std::string& set) const { change(leads == Side::Old, set); }
  void spoil(const std::string& set) const { change(leads == Side::New, set); }
  void change(bool is_old, const std::string& set) const {
    run_sql(folder / (is_old ? "old.db" : "new.db"),
            fmt::format("UPDATE {} SET name = {}", is_old ? "staff" : "people", set));
  }
  void carry_over() {
    while (true) {
      world->clock.move_to(resident.rests_until());
      const auto slice = resident.tend(world->world);
      if (!slice) FAIL(slice.error().message);
      if (*slice && (*slice)->is_drained) return;
    }
  }
  // The hold up to the end of its next look.
  runtime::Outcome look() {
    if (const auto* waits = std::get_if<runtime::WaitUntil>(&last.what))
      world->clock.move_to(waits->until);
    do {
      auto outcome = hold->advance(world->world);
      if (!outcome) FAIL(outcome.error().message);
      last = std::move(*outcome);
    } while (std::holds_alternative<runtime::More>(last.what));
    // As the executor journals it.
    if (const auto* waits = std::get_if<runtime::WaitUntil>(&last.what))
      state(kHold).cursor = waits->cursor;
    return last;
  }
  std::string failure() {
    while (true) {
      const auto outcome = look();
      if (const auto* failed = std::get_if<runtime::Failed>(&outcome.what)) return failed->message;
      if (std::holds_alternative<runtime::Done>(outcome.what)) return "it held";
    }
  }
  TouchedCheck check(std::int64_t since = 0) {
    auto opened = TouchedCheck::open(world->world, kHold,
                                     plan::writes_before(plan, {followed().index + 1}), since);
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  }
  void look(TouchedCheck& check) {
    while (true) {
      const auto is_over = check.advance(world->world);
      if (!is_over) FAIL(is_over.error().message);
      if (*is_over) return;
    }
  }

  Side leads;
  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> world;
  runtime::Resident resident;
  std::unique_ptr<runtime::Step> hold;
  runtime::Outcome last{runtime::More{}, {}};
};

}  // namespace

TEST_CASE("a hold finds a row that was touched and is wrong, without comparing everything") {
  Staff staff(GENERATE(Side::Old, Side::New));
  CHECK(std::holds_alternative<runtime::WaitUntil>(staff.look().what));
  staff.write("'bobby' WHERE id = 2");
  staff.carry_over();
  staff.spoil("'wrong' WHERE id = 2");
  const runtime::Instant began = staff.world->clock.now();
  CHECK(staff.failure() ==
        "gate same failed: drift(old) == 0 rows: 1 row (as `verify` found, and 1 of those touched "
        "since), fail");
  CHECK(staff.world->clock.now() - began < 1min);
}

TEST_CASE("a hold that is taken up by another process still knows what was touched before") {
  Staff staff(GENERATE(Side::Old, Side::New));
  staff.look();
  staff.write("'bobby' WHERE id = 2");
  staff.carry_over();
  staff.spoil("'wrong' WHERE id = 2");
  staff.hold = runtime::make_hold(std::get<plan::Hold>(staff.plan.at(kHold).action), kHold);
  CHECK(staff.failure().find("1 of those touched since") != std::string::npos);
}

TEST_CASE("a row that nobody touched is seen once everything is compared, after a day") {
  Staff staff(GENERATE(Side::Old, Side::New), GENERATE(2h, 30h));
  const bool is_long = std::get<plan::Hold>(staff.plan.at(kHold).action).length > 24h;
  staff.look();
  staff.write("'bobby' WHERE id = 2");
  staff.carry_over();
  staff.spoil("'wrong' WHERE id = 1");
  const runtime::Instant began = staff.world->clock.now();
  CHECK(
      staff.failure() ==
      (is_long ? "gate same failed: drift(old) == 0 rows: 1 row (compared now), fail" : "it held"));
  CHECK((staff.world->clock.now() - began > 23h) == is_long);
}

TEST_CASE("a row that is right, or only late, is no difference") {
  Staff staff(GENERATE(Side::Old, Side::New));
  auto check = staff.check();
  staff.write("'bobby' WHERE id = 2");
  staff.look(check);  // it is not carried over yet
  CHECK(check.rows() == 0);
  staff.carry_over();
  staff.write("'berta' WHERE id = 2");  // and now another is on its way
  staff.look(check);
  CHECK(check.rows() == 0);
  staff.carry_over();
  staff.look(check);
  CHECK(check.rows() == 0);
  CHECK(check.checked() == 2);
}

TEST_CASE("a difference counts until it is gone, and is found again by whoever begins there") {
  Staff staff(GENERATE(Side::Old, Side::New));
  auto check = staff.check();
  staff.write("'x' || id WHERE id < 3");
  staff.carry_over();
  staff.spoil("'wrong' WHERE id = 2");
  staff.look(check);
  CHECK(check.rows() == 1);
  CHECK(check.rows_of({1}) == 1);
  CHECK(check.checked() == 0);
  auto later = staff.check(check.checked());
  staff.look(later);
  CHECK(later.rows() == 1);
  staff.spoil("'x2' WHERE id = 2");  // somebody puts it right
  staff.look(check);
  CHECK(check.rows() == 0);
  CHECK(check.checked() == 2);
}

TEST_CASE("the log keeps what a hold has not compared yet") {
  Staff staff(Side::Old, 10h);
  const auto logged = [&] {
    return std::stoll(rows_of(staff.folder / "old.db", "SELECT count(*) FROM mig_ctl_log_staff"));
  };
  staff.look();
  for (int i = 0; i < 800; ++i)
    staff.write("name || '' WHERE id IN (1, 2, 3)");
  staff.carry_over();
  CHECK(logged() == 2400);
  staff.look();
  staff.write("'bobby' WHERE id = 2");
  staff.carry_over();
  CHECK(logged() < 10);
}
