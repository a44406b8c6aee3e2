// Who takes writes, step by step: what is open, what is closed, and what a failure leaves.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/steps/following.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/turn_at_once.hpp"
#include "runtime/traffic/router.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using plan::Side;
using runtime::ErrorKind;

namespace {

constexpr plan::StepId kMirrors{0};
constexpr plan::StepId kMoves{1};
constexpr plan::StepId kLetsGo{2};

plan::RouteWrites to(Side side, plan::Duration max_pause = std::chrono::seconds(2),
                     plan::WriteMode mode = plan::WriteMode::Follow) {
  plan::RouteWrites writes{.to = side, .mirror = mode};
  if (side == Side::New) writes.max_pause = max_pause;
  return writes;
}

plan::Plan guests_plan() {
  plan::Plan plan;
  plan.name = "guests";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {"new.db"}}};
  plan.routers = {{.name = "glue", .kind = plan::RouterKind::File, .path = "routes.json"}};
  plan.through = plan::RouterId{0};
  plan.entities = {
      {"Guest",
       {field("id", plan::Type::of(plan::Base::I64), true), field("name", plan::Type::text())},
       {}}};
  plan.datasets = {{"guests", {0}, {0}, "guests", {}}, {"people", {0}, {1}, "people", {}}};
  plan.to = {{1}};
  plan.phases = {{.name = "all"}};
  plan.steps = {step("mirror/writes#1", to(Side::Old)), step("cutover/writes#1", to(Side::New)),
                step("end/writes#1", plan::RouteWrites{.to = Side::New})};
  return plan;
}

struct Guests {
  Guests() : plan(guests_plan()) {
    run_sql(folder / "old.db",
            "CREATE TABLE guests(id INTEGER PRIMARY KEY, name TEXT CHECK (name <> 'nobody'));"
            "INSERT INTO guests VALUES(1, 'ann'), (2, 'bob');");
    run_sql(folder / "new.db",
            "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (length(name) < "
            "9)); INSERT INTO people VALUES(1, 'ann'), (2, 'bob');");
    world.emplace(plan, folder.path());
    world->fence();
  }

  runtime::Result<runtime::Outcome> advance(plan::StepId id) {
    auto outcome = world->finish(*runtime::make_step(plan, id));
    const bool is_done = outcome && std::holds_alternative<runtime::Done>(outcome->what);
    if (is_done) world->state().steps[id.index].status = plan::StepStatus::Done;
    return outcome;
  }
  void do_it(plan::StepId id) {
    const auto outcome = advance(id);
    if (!outcome) FAIL(outcome.error().message);
    REQUIRE(std::holds_alternative<runtime::Done>(outcome->what));
  }
  runtime::Outcome undo(plan::StepId id) {
    world->state().steps[id.index].status = plan::StepStatus::Running;
    const auto step = runtime::make_step(plan, id);
    while (true) {
      auto outcome = step->undo(world->world);
      if (!outcome) FAIL(outcome.error().message);
      if (!std::holds_alternative<runtime::More>(outcome->what)) return std::move(*outcome);
    }
  }

  // What the store says to an application; empty where it takes the write.
  std::string write(const char* file, const std::string& sql) const {
    auto database = runtime::open_sqlite(folder / file, runtime::Mode::ReadWrite);
    REQUIRE(database);
    const auto done = database->execute(sql);
    return done ? std::string() : done.error().message;
  }
  bool takes(const char* file) const {
    const char* table = std::string_view(file) == "old.db" ? "guests" : "people";
    return write(file, fmt::format("UPDATE {} SET name = name WHERE id = 1", table)).empty();
  }
  std::string old_rows() const { return rows_of(folder / "old.db", "SELECT * FROM guests"); }
  std::string new_rows() const { return rows_of(folder / "new.db", "SELECT * FROM people"); }
  runtime::WriteRoute said() {
    const auto routes = runtime::open_router(plan, world->stores, folder.path())->read();
    REQUIRE(routes);
    return routes->writes;
  }

  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> world;
};

// Both sides in the old side's file, and triggers that keep the one that follows.
struct GuestsOfOneFile : Guests {
  GuestsOfOneFile() {
    plan.stores.pop_back();
    plan.datasets[1].store = {0};
    plan.steps[0].action = to(Side::Old, {}, plan::WriteMode::Transaction);
    set_pause(std::chrono::seconds(2));
    run_sql(folder / "old.db",
            "DROP TABLE guests;"
            "CREATE TABLE guests(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
            "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
            "INSERT INTO guests VALUES(1, 'ann'); INSERT INTO people VALUES(1, 'ann')");
    world.emplace(plan, folder.path());
    world->fence();
  }
  // The routes as well.
  void route_by_table() {
    plan.routers = {{.name = "glue",
                     .kind = plan::RouterKind::Table,
                     .store = plan::StoreId{0},
                     .table = "mig_routes"}};
  }
  std::int64_t version() {
    const auto routes = runtime::open_router(plan, world->stores, folder.path())->read();
    REQUIRE(routes);
    return routes->version;
  }
  void set_pause(plan::Duration pause) {
    plan.steps[1].action = to(Side::New, pause, plan::WriteMode::Transaction);
  }
  // The other side, after a write to the one that leads and before anybody follows.
  std::string after(const std::string& sql, const char* other) {
    const std::string said = write("old.db", sql);
    return said.empty() ? rows(other) : said;
  }
  std::string rows(const char* table) const {
    return rows_of(folder / "old.db", fmt::format("SELECT * FROM {}", table));
  }
};

}  // namespace

TEST_CASE("each side takes writes only while the plan says so") {
  Guests guests;
  CHECK(guests.takes("old.db"));
  guests.do_it(kMirrors);
  CHECK(guests.takes("old.db"));
  CHECK_FALSE(guests.takes("new.db"));
  guests.do_it(kMoves);
  CHECK_FALSE(guests.takes("old.db"));
  CHECK(guests.takes("new.db"));
  CHECK(guests.said().authority == Side::New);
  CHECK(guests.said().mirror == Side::Old);
  guests.do_it(kLetsGo);
  CHECK_FALSE(guests.takes("old.db"));
  CHECK(guests.takes("new.db"));
  CHECK_FALSE(guests.said().mirror);
}

TEST_CASE("a cutover takes along what was written until then") {
  Guests guests;
  guests.do_it(kMirrors);
  CHECK(guests.write("old.db", "INSERT INTO guests VALUES(3, 'cleo')").empty());
  guests.do_it(kMoves);
  CHECK(guests.new_rows() == "1|ann\n2|bob\n3|cleo\n");
}

TEST_CASE("a pause that would be too long changes nothing") {
  Guests guests;
  guests.do_it(kMirrors);
  guests.plan.steps[kMoves.index].action = to(Side::New, -std::chrono::seconds(1));
  const auto outcome = guests.advance(kMoves);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::Transient);
  CHECK(guests.takes("old.db"));
  CHECK_FALSE(guests.takes("new.db"));
  CHECK(guests.said().authority == Side::Old);
  CHECK(guests.said().mirror == Side::New);
  guests.plan.steps[kMoves.index].action = to(Side::New);
  guests.do_it(kMoves);
  CHECK(guests.takes("new.db"));
}

TEST_CASE("a row that the new side refuses holds the cutover back") {
  Guests guests;
  guests.do_it(kMirrors);
  CHECK(guests.write("old.db", "INSERT INTO guests VALUES(3, 'maximilian')").empty());
  const auto outcome = guests.advance(kMoves);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::Permanent);
  CHECK(guests.takes("old.db"));
  CHECK(guests.said().authority == Side::Old);
  CHECK(guests.write("old.db", "UPDATE guests SET name = 'max' WHERE id = 3").empty());
  guests.do_it(kMoves);
  CHECK(guests.new_rows() == "1|ann\n2|bob\n3|max\n");
}

TEST_CASE("a cutover that was lost behind its last moment does not go back to the old side") {
  Guests guests;
  guests.do_it(kMirrors);
  guests.do_it(kMoves);
  CHECK(guests.write("new.db", "UPDATE people SET name = 'anna' WHERE id = 1").empty());
  guests.world->state().steps[kMoves.index].status = plan::StepStatus::Running;
  guests.plan.steps[kMoves.index].action = to(Side::New, -std::chrono::seconds(1));
  guests.do_it(kMoves);
  CHECK_FALSE(guests.takes("old.db"));
  CHECK(guests.new_rows() == "1|anna\n2|bob\n");
}

TEST_CASE("the way back takes along what the new side was told") {
  Guests guests;
  guests.do_it(kMirrors);
  guests.do_it(kMoves);
  CHECK(guests
            .write("new.db",
                   "UPDATE people SET name = 'anna' WHERE id = 1;"
                   "DELETE FROM people WHERE id = 2;"
                   "INSERT INTO people VALUES(3, 'cleo')")
            .empty());
  REQUIRE(std::holds_alternative<runtime::Done>(guests.undo(kMoves).what));
  CHECK(guests.old_rows() == "1|anna\n3|cleo\n");
  CHECK(guests.takes("old.db"));
  CHECK_FALSE(guests.takes("new.db"));
  CHECK(guests.said().authority == Side::Old);
}

TEST_CASE("a side that is emptied on the way back takes no late write before") {
  Guests guests;
  guests.plan.steps = {step("expand/purge#1", plan::Purge{.datasets = {{1}}}),
                       step("mirror/writes#1", to(Side::Old))};
  guests.world.emplace(guests.plan, guests.folder.path());
  guests.world->fence();
  constexpr plan::StepId kPurges{0};
  constexpr plan::StepId kFollows{1};
  guests.do_it(kPurges);
  guests.do_it(kFollows);
  CHECK_FALSE(guests.write("new.db", "INSERT INTO people VALUES(7, 'late')").empty());
  REQUIRE(std::holds_alternative<runtime::Done>(guests.undo(kFollows).what));
  CHECK_FALSE(guests.write("new.db", "INSERT INTO people VALUES(7, 'late')").empty());
  REQUIRE(std::holds_alternative<runtime::Done>(guests.undo(kPurges).what));
  CHECK(guests.write("new.db", "INSERT INTO people VALUES(7, 'next')").empty());
}

TEST_CASE("a row that the old side refuses stops the way back, and the application goes on") {
  Guests guests;
  guests.do_it(kMirrors);
  guests.do_it(kMoves);
  CHECK(guests.write("new.db", "INSERT INTO people VALUES(3, 'nobody')").empty());
  const auto outcome = guests.undo(kMoves);
  REQUIRE(std::holds_alternative<runtime::Failed>(outcome.what));
  CHECK(guests.takes("new.db"));
  CHECK_FALSE(guests.takes("old.db"));
  CHECK(guests.said().authority == Side::New);
  CHECK(guests.write("new.db", "UPDATE people SET name = 'norbert' WHERE id = 3").empty());
  REQUIRE(std::holds_alternative<runtime::Done>(guests.undo(kMoves).what));
  CHECK(guests.old_rows() == "1|ann\n2|bob\n3|norbert\n");
}

TEST_CASE("a way back that was lost behind its last moment does not begin anew") {
  Guests guests;
  guests.do_it(kMirrors);
  guests.do_it(kMoves);
  CHECK(guests.write("new.db", "UPDATE people SET name = 'anna' WHERE id = 1").empty());
  runtime::Resident resident;
  REQUIRE(resident.tend(guests.world->world));
  // From here on the old side may have been opened, and hold what the new one misses.
  const auto router = runtime::open_router(guests.plan, guests.world->stores, guests.folder.path());
  auto routes = router->read();
  REQUIRE(routes);
  routes->writes = {.authority = Side::None, .mirror = Side::New, .mode = plan::WriteMode::Follow};
  REQUIRE(router->write(*routes, guests.world->world.authority, guests.world->clock.now()));
  CHECK(guests.write("new.db", "UPDATE people SET name = 'late' WHERE id = 1").empty());
  REQUIRE(std::holds_alternative<runtime::Done>(guests.undo(kMoves).what));
  CHECK(guests.old_rows() == "1|anna\n2|bob\n");
}

TEST_CASE("after a way back the triggers lead from the old side again") {
  GuestsOfOneFile guests;
  guests.do_it(kMirrors);
  CHECK(guests.after("INSERT INTO guests VALUES(2, 'bob')", "people") == "1|ann\n2|bob\n");
  guests.do_it(kMoves);
  CHECK(guests.after("UPDATE people SET name = 'anna' WHERE id = 1", "guests") ==
        "1|anna\n2|bob\n");
  REQUIRE(std::holds_alternative<runtime::Done>(guests.undo(kMoves).what));
  CHECK(guests.after("UPDATE guests SET name = 'bo' WHERE id = 2", "people") == "1|anna\n2|bo\n");
  CHECK(guests.after("DELETE FROM guests WHERE id = 1", "people") == "2|bo\n");
}

TEST_CASE("after a cutover that was given up the triggers lead from the old side again") {
  GuestsOfOneFile guests;
  guests.do_it(kMirrors);
  guests.set_pause(-std::chrono::seconds(1));
  REQUIRE_FALSE(guests.advance(kMoves));
  CHECK(guests.after("UPDATE guests SET name = 'anna' WHERE id = 1", "people") == "1|anna\n");
  guests.set_pause(std::chrono::seconds(2));
  guests.do_it(kMoves);
  CHECK(guests.after("INSERT INTO people VALUES(2, 'bob')", "guests") == "1|anna\n2|bob\n");
}

TEST_CASE("where all stands in one file nobody has to wait for a cutover or for the way back") {
  GuestsOfOneFile guests;
  guests.route_by_table();
  guests.do_it(kMirrors);
  // Were there a moment without an authority, there would be a document that says so.
  const std::int64_t before = guests.version();
  guests.do_it(kMoves);
  CHECK(guests.version() == before + 1);
  CHECK(guests.said().authority == Side::New);
  CHECK(guests.said().mirror == Side::Old);
  CHECK_FALSE(guests.write("old.db", "DELETE FROM guests").empty());
  CHECK(guests.after("INSERT INTO people VALUES(2, 'bob')", "guests") == "1|ann\n2|bob\n");
  REQUIRE(std::holds_alternative<runtime::Done>(guests.undo(kMoves).what));
  CHECK(guests.version() == before + 2);
  CHECK(guests.said().authority == Side::Old);
  CHECK(guests.said().mirror == Side::New);
  CHECK_FALSE(guests.write("old.db", "DELETE FROM people").empty());
  CHECK(guests.after("DELETE FROM guests WHERE id = 1", "people") == "2|bob\n");
}

TEST_CASE("what waits for mig is carried over before both sides turn at once") {
  GuestsOfOneFile guests;
  guests.route_by_table();
  guests.do_it(kMirrors);
  run_sql(guests.folder / "old.db",
          "INSERT INTO mig_ctl_origin VALUES('mig'); INSERT INTO guests VALUES(2, 'bob');"
          "INSERT INTO mig_ctl_log_guests(k0) VALUES(2); DELETE FROM mig_ctl_origin");
  CHECK(guests.rows("people") == "1|ann\n");
  const auto state = plan::writes_before(guests.plan, kMoves);
  const auto turned = runtime::turn_at_once(
      guests.world->world, {.step = kMoves,
                            .followed = kMirrors,
                            .writes = plan::after_writes(guests.plan, kMoves, state)});
  REQUIRE(turned);
  CHECK_FALSE(*turned);
  CHECK(guests.said().authority == Side::Old);
  CHECK(guests.takes("old.db"));
  guests.do_it(kMoves);
  CHECK(guests.rows("people") == "1|ann\n2|bob\n");
  run_sql(guests.folder / "old.db",
          "INSERT INTO mig_ctl_origin VALUES('mig'); INSERT INTO people VALUES(3, 'cyd');"
          "INSERT INTO mig_ctl_log_people(k0) VALUES(3); DELETE FROM mig_ctl_origin");
  REQUIRE(std::holds_alternative<runtime::Done>(guests.undo(kMoves).what));
  CHECK(guests.rows("guests") == "1|ann\n2|bob\n3|cyd\n");
}
