// Following from its begin to its end: what it leaves in the stores, and who may carry it on.
#include "runtime/steps/following.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/steps/store_step.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/store_control.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::Resident;

namespace {

constexpr plan::StepId kFollows{0};
constexpr plan::StepId kStops{1};

plan::Plan staff_plan(const char* new_file) {
  plan::Plan plan;
  plan.name = "staff";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {new_file}}};
  plan.entities = {
      {"Person",
       {field("id", plan::Type::of(plan::Base::I64), true), field("name", plan::Type::text(9))},
       {}}};
  plan.datasets = {{"old", {0}, {0}, "staff", {}}, {"new", {0}, {1}, "people", {}}};
  plan.to = {{1}};
  plan.steps = {step("mirror/writes#1",
                     plan::RouteWrites{.to = plan::Side::Old, .mirror = plan::WriteMode::Follow}),
                step("end/writes#1", plan::RouteWrites{.to = plan::Side::New}),
                step("check/verify#1", plan::Verify{})};
  return plan;
}

struct Staff {
  explicit Staff(const char* new_file = "new.db") : plan(staff_plan(new_file)) {
    run_sql(folder / "old.db",
            "CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT);"
            "INSERT INTO staff VALUES(1, 'ann'), (2, 'bob');");
    run_sql(folder / new_file, "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL);");
    world.emplace(plan, folder.path());
    world->fence();
  }
  void start() {
    const auto started = runtime::start_following(world->world, kFollows);
    if (!started) FAIL(started.error().message);
    world->state().steps[0].status = plan::StepStatus::Done;
  }
  runtime::Followed tend(Resident& resident) {
    world->clock.move_to(resident.rests_until());
    const auto followed = resident.tend(world->world);
    if (!followed) FAIL(followed.error().message);
    REQUIRE(followed->has_value());
    return **followed;
  }
  void write(const std::string& sql) const { run_sql(folder / "old.db", sql); }
  std::string people() const {
    return rows_of(folder / plan.stores[1].location.text,
                   "SELECT id, name FROM people ORDER BY id");
  }
  std::string schema(const char* file) const {
    return rows_of(folder / file,
                   "SELECT name FROM sqlite_schema WHERE name LIKE 'mig_ctl_log%' ORDER BY name");
  }
  std::int64_t logged() const {
    return std::stoll(rows_of(folder / "old.db", "SELECT count(*) FROM mig_ctl_log_staff"));
  }

  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> world;
};

}  // namespace

TEST_CASE("a resident carries over what comes while the run follows") {
  const auto* new_file = GENERATE("new.db", "old.db");
  Staff staff(new_file);
  Resident resident;
  CHECK_FALSE(resident.tend(staff.world->world)->has_value());
  staff.start();
  CHECK(staff.tend(resident).is_drained);
  staff.write("INSERT INTO staff VALUES(3, 'cyd'); UPDATE staff SET name = 'bobby' WHERE id = 2;");
  const auto followed = staff.tend(resident);
  CHECK(followed.entries == 2);
  CHECK(followed.written == 2);
  CHECK(staff.people() == "2|bobby\n3|cyd\n");
  staff.write("DELETE FROM staff WHERE id = 2");
  // A runner that comes later goes on where the store says.
  Resident later;
  CHECK(staff.tend(later).entries == 1);
  CHECK(staff.people() == "3|cyd\n");
  // The step that ends it ends it for the resident.
  staff.world->state().steps[1].status = plan::StepStatus::Done;
  CHECK_FALSE(later.tend(staff.world->world)->has_value());
}

TEST_CASE("a row that others refer to on the other side is not taken from under them") {
  Staff staff;
  run_sql(staff.folder / "new.db",
          "CREATE TABLE orders(id INTEGER PRIMARY KEY, person INTEGER REFERENCES people(id));");
  staff.start();
  Resident resident;
  staff.write(
      "UPDATE staff SET name = 'anna' WHERE id = 1; UPDATE staff SET name = 'bo' WHERE id = 2");
  staff.tend(resident);
  run_sql(staff.folder / "new.db", "INSERT INTO orders VALUES(7, 2);");
  staff.write("DELETE FROM staff WHERE id = 2; UPDATE staff SET name = 'ann' WHERE id = 1;");
  staff.world->clock.move_to(resident.rests_until());
  const auto refused = resident.tend(staff.world->world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::ErrorKind::Permanent);
  CHECK(refused.error().message.find("still referred to") != std::string::npos);
  CHECK(staff.people() == "1|anna\n2|bo\n");
  CHECK(rows_of(staff.folder / "new.db", "PRAGMA foreign_key_check").empty());
  // Gone and back in one piece it is referred to as before.
  staff.write("INSERT INTO staff VALUES(2, 'bob')");
  staff.tend(resident);
  CHECK(staff.people() == "1|ann\n2|bob\n");
  staff.write("DELETE FROM staff WHERE id = 2");
  run_sql(staff.folder / "new.db", "DELETE FROM orders;");
  staff.tend(resident);
  CHECK(staff.people() == "1|ann\n");
}

TEST_CASE("following begins once and leaves nothing behind") {
  const auto* new_file = GENERATE("new.db", "old.db");
  Staff staff(new_file);
  staff.start();
  Resident resident;
  staff.write("INSERT INTO staff VALUES(3, 'cyd')");
  CHECK(staff.tend(resident).position == 1);
  staff.start();
  CHECK(staff.tend(resident).position == 1);
  REQUIRE(runtime::stop_following(staff.world->world, kFollows));
  REQUIRE(runtime::stop_following(staff.world->world, kFollows));
  CHECK(staff.schema("old.db").empty());
  for (const char* file : {"old.db", new_file})
    CHECK(rows_of(staff.folder / file, "SELECT count(*) FROM mig_ctl_applied") == "0\n");
  staff.write("INSERT INTO staff VALUES(4, 'dee')");
}

TEST_CASE("a look at a log in which nothing new stands takes no lock") {
  Staff staff;
  staff.start();
  staff.write("INSERT INTO staff VALUES(3, 'cyd')");
  Resident resident;
  CHECK(staff.tend(resident).entries == 1);
  auto other = runtime::open_sqlite(staff.folder / "new.db", runtime::Mode::ReadWrite);
  REQUIRE(other);
  REQUIRE(other->execute("BEGIN IMMEDIATE"));
  const auto idle = staff.tend(resident);
  CHECK(idle.is_drained);
  CHECK(idle.position == 1);
}

TEST_CASE("a slow runner of an older epoch carries nothing over") {
  Staff staff;
  staff.start();
  staff.write("INSERT INTO staff VALUES(3, 'cyd')");
  Resident slow;
  auto& world = staff.world->world;
  runtime::Authority newer = world.authority;
  ++newer.epoch;
  REQUIRE(runtime::install_fences(staff.world->stores, newer, 2));
  const auto refused = slow.tend(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::ErrorKind::Conflict);
  CHECK(staff.people().empty());
}

TEST_CASE("a log is pruned once it is long, and not while a comparison may ask for it") {
  Staff staff;
  staff.start();
  Resident resident;
  auto& verify = staff.world->state().steps[2].status;
  const auto write_many = [&] {
    staff.write(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100)"
        "INSERT OR REPLACE INTO staff SELECT i, 'n' || i FROM n");
    while (!staff.tend(resident).is_drained)
      continue;
  };
  verify = plan::StepStatus::Running;
  write_many();
  const auto kept = staff.logged();
  CHECK(kept >= 2100);
  verify = plan::StepStatus::Done;
  write_many();
  CHECK(staff.logged() < kept);
  CHECK(rows_of(staff.folder / "new.db", "SELECT count(*) FROM people") == "2100\n");
}

TEST_CASE("rows of which nothing tells whose they are are not followed") {
  Staff staff;
  staff.plan.entities.push_back({"Name", {field("name", plan::Type::text(9), true)}, {}});
  staff.plan.datasets[1].entity = {1};
  staff.plan.transforms = {
      {.name = "names",
       .input = {0},
       .lets = {},
       .emits = {{.entity = {1}, .shared = false, .values = {field_of(1, plan::Type::text(9))}}}}};
  staff.plan.via = plan::TransformId{0};
  staff.start();
  Resident resident;
  const auto refused = resident.tend(staff.world->world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("rows of `new` cannot be followed") != std::string::npos);
}
