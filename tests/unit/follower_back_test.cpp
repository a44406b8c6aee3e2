// What a follower on the way back leaves in the old table: what the plan does not name, what others
// refer to, what it cannot write.
#include <optional>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/steps/follower.hpp"
#include "runtime/steps/store_step.hpp"
#include "tests/support/compiled_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;

namespace {

constexpr plan::StepId kStep{0};

constexpr const char* kStaff = R"mig(mig 1
use std.text (lower)
store old: sqlite { path = "old.db" }
store fresh: sqlite { path = "new.db" }
entity Person { key id: i64; name: text; badge: text; team: text; street: text? }
entity Worker { key id: i64; name: text; badge: text; team: text }
entity Team { key name: text }
entity Address { key worker_id: i64 -> Worker.id; street: text }
dataset staff: Person in old { table = "staff" }
dataset workers: Worker in fresh { table = "workers" }
dataset teams: Team in fresh { table = "teams" }
dataset addresses: Address in fresh { table = "addresses" }
transform part(p: Person) -> Worker, Team, Address? {
  emit Worker { id = p.id; name = p.name; badge = p.badge; team = p.team }
  emit Team shared { name = lower(p.team) }
  emit Address when p.street? { worker_id = p.id; street = p.street }
}
transform gather(w: Worker, a: Address?) -> Person {
  emit Person { id = w.id; name = w.name; badge = w.badge; team = w.team; street = a.street }
}
plan move {
  from staff
  to workers, teams, addresses
  via part
  back gather
  phase one { create new }
}
)mig";

constexpr const char* kAsItIs = R"mig(mig 1
store old: sqlite { path = "old.db" }
store fresh: sqlite { path = "new.db" }
entity Person { key id: i64; name: text; badge: text = "plain" }
dataset staff: Person in old { table = "staff" }
dataset workers: Person in fresh { table = "workers" }
plan move {
  from staff
  to workers
  phase one { create new }
}
)mig";

struct Staff {
  explicit Staff(const char* text = kStaff) : plan(compiled_plan(text)) {
    run_sql(folder / "old.db",
            "CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, badge TEXT NOT "
            "NULL CHECK(badge <> 'lost'), team TEXT, street TEXT, nick TEXT DEFAULT 'new one');"
            "CREATE UNIQUE INDEX one_badge ON staff(lower(badge));"
            "CREATE TABLE shifts(who INTEGER REFERENCES staff(id) ON DELETE CASCADE, day TEXT);"
            "INSERT INTO staff VALUES(1, 'ann', 'A1', 't', NULL, 'a'), (2, 'bob', 'B2', 't', NULL,"
            " 'b'), (3, 'cyd', 'C3', 't', NULL, 'c');"
            "INSERT INTO shifts VALUES(1, 'mon'), (2, 'tue');");
    run_sql(folder / "new.db",
            "CREATE TABLE workers(id INTEGER PRIMARY KEY, name TEXT, badge TEXT, team TEXT);"
            "CREATE TABLE teams(name TEXT PRIMARY KEY);"
            "CREATE TABLE addresses(worker_id INTEGER PRIMARY KEY, street TEXT);"
            "INSERT INTO workers VALUES(1, 'ann', 'A1', 't'), (2, 'bob', 'B2', 't');");
    world.emplace(plan, folder.path());
    world->fence();
    install(*runtime::Changelog::of_new_side(plan), plan.to[0]);
    auto opened = runtime::Follower::open(world->world, kStep, plan::Side::New);
    if (!opened) FAIL(opened.error().message);
    follower.emplace(std::move(*opened));
  }
  void install(const runtime::Changelog& log, plan::DatasetId beside) {
    auto effect = runtime::begin_effect(world->world, plan.at(beside).store, kStep);
    REQUIRE(effect);
    REQUIRE(log.install(effect->database()));
    REQUIRE(effect->commit(effect->applied().value_or(runtime::Applied{.cursor = "0"})));
  }
  runtime::Followed follow() {
    const auto followed = follower->advance(world->world, 100);
    if (!followed) FAIL(followed.error().message);
    CHECK(followed->is_drained);
    return *followed;
  }
  void write(const std::string& sql) const { run_sql(folder / "new.db", sql); }
  std::string old_side(const std::string& sql) const { return rows_of(folder / "old.db", sql); }
  std::string letters() const {
    return old_side(
        "SELECT shown_key, dataset, field, reason FROM mig_ctl_reject WHERE closed IS "
        "NULL ORDER BY 1");
  }

  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> world;
  std::optional<runtime::Follower> follower;
};

}  // namespace

TEST_CASE("what the plan does not name stays in the old table") {
  Staff staff;
  staff.write(
      "UPDATE workers SET team = 'u' WHERE id = 1; INSERT INTO workers VALUES(9, 'zoe', 'Z', 't');"
      "INSERT INTO addresses VALUES(9, 'elm')");
  CHECK(staff.follow().written == 2);
  CHECK(staff.old_side("SELECT id, name, team, street, nick FROM staff ORDER BY id") ==
        "1|ann|u|NULL|a\n2|bob|t|NULL|b\n3|cyd|t|NULL|c\n9|zoe|t|elm|new one\n");
  CHECK(staff.follow().entries == 0);
}

TEST_CASE("rows that swap unique values go back without leaving the old table") {
  Staff staff;
  staff.write(
      "UPDATE workers SET (name, badge) = (CASE id WHEN 1 THEN 'bob' ELSE 'ann' END, CASE id WHEN 1"
      " THEN 'b2' ELSE 'a1' END)");
  staff.follow();
  CHECK(staff.old_side("SELECT id, name, badge, nick FROM staff ORDER BY id") ==
        "1|bob|b2|a\n2|ann|a1|b\n3|cyd|C3|c\n");
  CHECK(staff.old_side("SELECT * FROM shifts ORDER BY who") == "1|mon\n2|tue\n");
  CHECK(staff.letters().empty());
}

TEST_CASE("rows that cannot let go of a unique value leave the old table and come again") {
  Staff staff;
  run_sql(staff.folder / "old.db",
          "DROP TABLE staff; CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE "
          "CHECK(name IN ('ann', 'bob')), badge TEXT, team TEXT, street TEXT, nick TEXT);"
          "INSERT INTO staff VALUES(1, 'ann', 'A1', 't', NULL, 'a'), (2, 'bob', 'B2', 't', NULL, "
          "'b')");
  staff.write("UPDATE workers SET name = CASE id WHEN 1 THEN 'bob' ELSE 'ann' END");
  staff.follow();
  CHECK(staff.letters().empty());
  // What would have stayed, had they.
  CHECK(staff.old_side("SELECT id, name, nick FROM staff ORDER BY id") ==
        "1|bob|NULL\n2|ann|NULL\n");
}

TEST_CASE("a row that is gone from the new side goes from the old one") {
  Staff staff;
  staff.write("DELETE FROM workers WHERE id = 2; UPDATE workers SET id = 7 WHERE id = 1");
  staff.follow();
  // Nobody ever carried row 3 over, so nobody takes it away.
  CHECK(staff.old_side("SELECT id, name FROM staff ORDER BY id") == "3|cyd\n7|ann\n");
}

TEST_CASE("what the old table refuses is a dead letter there until a good version comes") {
  Staff staff;
  staff.write("UPDATE workers SET badge = 'lost' WHERE id = 1; UPDATE workers SET team = 'x'");
  staff.follow();
  CHECK(staff.letters() == "1|workers|badge <> 'lost'|a CHECK of the table refuses the row\n");
  CHECK(staff.old_side("SELECT id, team FROM staff ORDER BY id") == "2|x\n3|t\n");
  staff.write("UPDATE workers SET badge = 'found' WHERE id = 1");
  staff.follow();
  CHECK(staff.letters().empty());
  CHECK(staff.old_side("SELECT id, badge FROM staff ORDER BY id") == "1|found\n2|B2\n3|C3\n");
}

TEST_CASE("a companion that is not as its entity says makes its row a dead letter") {
  Staff staff;
  staff.write("INSERT INTO addresses VALUES(2, NULL)");
  staff.follow();
  CHECK(staff.letters() == "2|workers|Address.street|NULL where `text` is expected\n");
  CHECK(staff.old_side("SELECT count(*) FROM staff WHERE id = 2") == "0\n");
  staff.write("DELETE FROM addresses");
  staff.follow();
  CHECK(staff.letters().empty());
}

TEST_CASE("what goes back is noted where following forward keeps its log") {
  Staff staff;
  const auto forward = runtime::Changelog::of(staff.plan, staff.plan.from);
  REQUIRE(forward);
  const auto noted = [&] {
    auto database = runtime::open_sqlite(staff.folder / "old.db", runtime::Mode::ReadOnly);
    REQUIRE(database);
    return forward->read(*database, 0, 100).value().keys.size();
  };
  staff.write("UPDATE workers SET team = 'early' WHERE id = 1");
  staff.follow();
  // An index over an expression cannot be guarded by a log.
  run_sql(staff.folder / "old.db", "DROP INDEX one_badge");
  staff.install(*forward, staff.plan.from);
  CHECK(noted() == 0);
  staff.write("UPDATE workers SET team = 'late' WHERE id = 1; DELETE FROM workers WHERE id = 2");
  staff.follow();
  CHECK(noted() == 2);
}

TEST_CASE("without a transform rows go back as they are") {
  Staff staff(kAsItIs);
  staff.write("UPDATE workers SET badge = NULL WHERE id = 1; DELETE FROM workers WHERE id = 2");
  staff.follow();
  CHECK(staff.old_side("SELECT id, name, badge, nick FROM staff ORDER BY id") ==
        "1|ann|plain|a\n3|cyd|C3|c\n");
}
