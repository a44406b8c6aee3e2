// Rows that several old rows share, followed: they come with the first who makes them and go with
// the last, and the lineage that tells who that is comes and goes with the following.
#include "runtime/stores/lineage.hpp"

#include <catch2/catch.hpp>

#include "runtime/data/reconcile.hpp"
#include "runtime/steps/following.hpp"
#include "runtime/steps/row_check.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/steps/verify.hpp"
#include "runtime/stores/leftovers.hpp"
#include "runtime/stores/store_control.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;

namespace {

constexpr plan::StepId kFollows{0};
constexpr plan::StepId kCopies{1};
constexpr plan::StepId kRepairs{2};

plan::RouteWrites follow_if(bool follows) {
  plan::RouteWrites writes{.to = plan::Side::Old};
  if (follows) writes.mirror = plan::WriteMode::Follow;
  return writes;
}

// Everybody is a user, and makes the row of a team.
plan::Plan staff_plan(const char* new_file, bool follows = true) {
  const auto text = plan::Type::text();
  plan::Plan plan;
  plan.name = "staff";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {new_file}}};
  plan.entities = {
      {"Person",
       {field("id", plan::Type::decimal(6, 2), true), field("team", text), field("colour", text)},
       {}},
      {"User", {field("id", plan::Type::decimal(6, 2), true), field("team", text)}, {}},
      {"Team", {field("name", text, true), field("colour", text)}, {}}};
  plan.datasets = {{"old", {0}, {0}, "staff", {}},
                   {"users", {1}, {1}, "users", {}},
                   {"teams", {2}, {1}, "teams", {}}};
  plan.to = {{1}, {2}};
  plan.entities[1].fields[1].references = plan::Reference{{2}, 0};
  plan.transforms = {
      {"part",
       {0},
       {},
       {{.entity = {1}, .values = {field_of(0, plan::Type::decimal(6, 2)), field_of(1, text)}},
        {.entity = {2}, .shared = true, .values = {field_of(1, text), field_of(2, text)}}}}};
  plan.via = plan::TransformId{0};
  plan.steps = {step("mirror/writes#1", follow_if(follows)),
                step("copy/scan#1", plan::Copy{.kind = plan::CopyKind::Scan,
                                               .pace = {.kind = plan::PaceKind::Full},
                                               .rejects = {.quarantine = true,
                                                           .most = plan::Ratio::percent(100)}}),
                step("check/verify#1",
                     plan::Verify{.repair = true, .most_deletes = plan::Ratio::percent(100)})};
  return plan;
}

// The old side writes 1.5 what the new one writes 1.50.
std::string key(char who) {
  return std::string(1, who) + ".5";
}
std::string set(char who, const std::string& values) {
  return "UPDATE staff SET " + values + " WHERE id = '" + key(who) + "';";
}

struct Staff {
  explicit Staff(const char* new_file = "new.db", bool follows = true)
      : plan(staff_plan(new_file, follows)), file(folder / new_file) {
    run_sql(folder / "old.db",
            "CREATE TABLE staff(id TEXT PRIMARY KEY, team TEXT, colour TEXT);"
            "INSERT INTO staff VALUES('" +
                key('1') + "', 'one', 'red'), ('" + key('2') + "', 'one', 'red'), ('" + key('3') +
                "', 'two', 'red');");
    run_sql(file,
            "CREATE TABLE users(id TEXT PRIMARY KEY, team TEXT NOT NULL REFERENCES teams(name));"
            "CREATE TABLE teams(name TEXT PRIMARY KEY, colour TEXT NOT NULL);");
    world.emplace(plan, folder.path());
    world->fence();
  }
  void start() {
    const auto started = runtime::start_following(world->world, kFollows);
    if (!started) FAIL(started.error().message);
    world->state().steps[0].status = plan::StepStatus::Done;
  }
  std::string finish(plan::StepId id) {
    const auto outcome = world->finish(*runtime::make_step(plan, id));
    if (!outcome) FAIL(outcome.error().message);
    return std::get<runtime::Done>(outcome->what).summary;
  }
  void follow() {
    while (true) {
      world->clock.move_to(resident.rests_until());
      const auto followed = resident.tend(world->world);
      if (!followed) FAIL(followed.error().message);
      if ((*followed)->is_drained) return;
    }
  }
  void write(const std::string& sql) const { run_sql(folder / "old.db", sql); }
  void spoil(const std::string& sql) const { run_sql(file, sql); }
  std::string users() const { return rows_of(file, "SELECT id FROM users ORDER BY 1"); }
  std::string teams() const { return rows_of(file, "SELECT name, colour FROM teams ORDER BY 1"); }
  std::int64_t entries() const {
    return std::stoll(rows_of(file, "SELECT count(*) FROM mig_ctl_lineage_teams"));
  }
  std::string open_letters() const {
    return rows_of(file, "SELECT count(*) FROM mig_ctl_reject WHERE closed IS NULL");
  }
  bool has_lineage() const {
    return !rows_of(file, "SELECT 1 FROM sqlite_schema WHERE name LIKE 'mig_ctl_lineage%'").empty();
  }

  TemporaryFolder folder;
  plan::Plan plan;
  std::filesystem::path file;
  std::optional<TestWorld> world;
  runtime::Resident resident;
};

}  // namespace

TEST_CASE("a shared row goes with the last who makes it") {
  // Copied before it is followed, or while.
  const bool is_followed_first = GENERATE(true, false);
  Staff staff;
  if (is_followed_first) staff.start();
  staff.finish(kCopies);
  if (!is_followed_first) staff.start();
  CHECK(staff.teams() == "one|red\ntwo|red\n");
  CHECK(staff.entries() == 3);
  staff.write(set('1', "team = 'two'"));
  staff.follow();
  CHECK(staff.teams() == "one|red\ntwo|red\n");
  staff.write("DELETE FROM staff WHERE id = '" + key('2') + "'");
  staff.follow();
  CHECK(staff.teams() == "two|red\n");
  CHECK(staff.users() == "1.50\n3.50\n");
  // Both of a team go to another in one transaction, and one comes back.
  staff.write("UPDATE staff SET team = 'ten'");
  staff.write(set('3', "team = 'two'"));
  staff.follow();
  CHECK(staff.teams() == "ten|red\ntwo|red\n");
  CHECK(staff.entries() == 2);
}

TEST_CASE("two who swap their shared rows in one transaction change neither") {
  Staff staff;
  staff.start();
  staff.finish(kCopies);
  staff.write("DELETE FROM staff WHERE id = '" + key('2') + "'");
  staff.follow();
  staff.write("BEGIN;" + set('1', "team = 'two'") + set('3', "team = 'one'") + "COMMIT;");
  staff.world->clock.move_to(staff.resident.rests_until());
  const auto followed = staff.resident.tend(staff.world->world);
  REQUIRE(followed);
  REQUIRE(followed->has_value());
  CHECK((*followed)->written == 2);  // the two users
  CHECK(staff.teams() == "one|red\ntwo|red\n");
}

TEST_CASE("who is alone with a shared row changes it, who is not is set aside") {
  Staff staff;
  staff.start();
  staff.finish(kCopies);
  staff.write(set('3', "colour = 'blue'"));
  staff.follow();
  CHECK(staff.teams() == "one|red\ntwo|blue\n");
  staff.write("UPDATE staff SET colour = 'green' WHERE team = 'one'");
  staff.follow();
  CHECK(staff.teams() == "one|green\ntwo|blue\n");
  CHECK(staff.open_letters() == "0\n");
  staff.write(set('1', "colour = 'grey'"));
  staff.follow();
  CHECK(staff.teams() == "one|green\ntwo|blue\n");
  CHECK(staff.users() == "2.50\n3.50\n");
  CHECK(staff.open_letters() == "1\n");
  CHECK(staff.entries() == 2);
  // Whoever it stood against is gone: nothing is lost, the letter says so until a repair.
  staff.write(set('2', "team = 'two', colour = 'blue'"));
  staff.follow();
  CHECK(staff.teams() == "two|blue\n");
  CHECK(staff.open_letters() == "1\n");
  CHECK(staff.finish(kRepairs).ends_with("1 dead letters closed"));
  CHECK(staff.teams() == "one|grey\ntwo|blue\n");
  CHECK(staff.users() == "1.50\n2.50\n3.50\n");
  CHECK(staff.entries() == 3);
}

TEST_CASE("a row that is carried again unchanged gets its lineage back") {
  Staff staff;
  staff.start();
  staff.finish(kCopies);
  // One entry is lost, one is of a row that nobody makes, and one names the wrong row.
  staff.spoil(
      "DELETE FROM mig_ctl_lineage_teams WHERE owner = 't' || lower(hex('1.50'));"
      "INSERT INTO teams VALUES('ten', 'red');"
      "INSERT INTO mig_ctl_lineage_teams SELECT owner, 't' || lower(hex('ten')), source, 1 FROM "
      "mig_ctl_lineage_teams WHERE owner = 't' || lower(hex('2.50'));"
      "INSERT INTO mig_ctl_lineage_teams SELECT owner, 't' || lower(hex('one')), source, 1 FROM "
      "mig_ctl_lineage_teams WHERE owner = 't' || lower(hex('3.50'));");
  staff.write("UPDATE staff SET team = team");
  staff.follow();
  CHECK(staff.entries() == 3);
  CHECK(staff.teams() == "one|red\ntwo|red\n");
}

TEST_CASE("a repair while others write mends shared rows and their lineage") {
  Staff staff;
  staff.start();
  staff.finish(kCopies);
  staff.spoil(
      "UPDATE teams SET colour = 'spoilt' WHERE name = 'one'; DELETE FROM teams WHERE name = 'two';"
      "INSERT INTO teams VALUES('stray', 'red')");
  CHECK(staff.finish(kRepairs).starts_with("drift users=0 teams=0; source=0;"));
  CHECK(staff.teams() == "one|red\ntwo|red\n");
  CHECK(staff.users() == "1.50\n2.50\n3.50\n");
  CHECK(staff.entries() == 3);
  CHECK(staff.open_letters() == "0\n");
}

TEST_CASE("a repair before following leaves the lineage as following needs it") {
  Staff staff;
  staff.finish(kCopies);
  staff.write(set('3', "team = 'ten'") + "DELETE FROM staff WHERE id = '" + key('2') + "';");
  staff.finish(kRepairs);
  CHECK(staff.teams() == "one|red\nten|red\n");
  staff.start();
  staff.write("UPDATE staff SET team = 'new'");
  staff.follow();
  // Nobody saw the second go: what is kept for it, the next repair deletes.
  CHECK(staff.teams() == "new|red\none|red\n");
  staff.finish(kRepairs);
  CHECK(staff.teams() == "new|red\n");
  CHECK(staff.entries() == 2);
}

TEST_CASE("a shared row names its old rows as the old side writes them") {
  Staff staff;
  staff.start();
  staff.finish(kCopies);
  auto check = runtime::RowCheck::open(staff.plan, staff.world->stores, "run-1");
  REQUIRE(check);
  const auto sources = check->sources_of({2}, "t" + std::string("74776f"));  // two
  REQUIRE(sources);
  REQUIRE(sources->size() == 1);
  CHECK(runtime::shown_key(sources->front()) == key('3'));
  CHECK(check->is_equal(sources->front()).value());
  staff.spoil(
      "INSERT INTO mig_ctl_lineage_teams SELECT owner, 't6f6e65', source, 1 FROM "
      "mig_ctl_lineage_teams WHERE shared_row = 't74776f'");
  CHECK_FALSE(check->is_equal(sources->front()).value());
}

TEST_CASE("a lineage goes with the following, the copy or the run") {
  const auto* new_file = GENERATE("new.db", "old.db");
  Staff staff(new_file);
  auto& world = staff.world->world;
  const auto open = [&] { return runtime::open_sqlite(staff.file, runtime::Mode::ReadWrite); };
  SECTION("following") {
    staff.start();
    CHECK(staff.has_lineage());
    REQUIRE(runtime::stop_following(world, kFollows));
    REQUIRE(runtime::stop_following(world, kFollows));
  }
  SECTION("a copy that is undone") {
    staff.finish(kCopies);
    CHECK(staff.has_lineage());
    REQUIRE(runtime::make_step(staff.plan, kCopies)->undo(world));
  }
  SECTION("the run") {
    staff.finish(kCopies);
    const auto left = runtime::leftovers(open().value());
    REQUIRE(left);
    CHECK(std::ranges::count(left->things, "mig_ctl_lineage_teams", &runtime::Leftover::name) == 1);
    REQUIRE(runtime::release(open().value(), {.journal = "journal-1",
                                              .run = "run-1",
                                              .plan_name = "staff",
                                              .plan_hash = "hash",
                                              .env = "default",
                                              .outcome = "completed",
                                              .at = "now"}));
  }
  CHECK_FALSE(staff.has_lineage());
}

TEST_CASE("an undone copy leaves the lineage to the follower that uses it") {
  Staff staff;
  staff.start();
  staff.finish(kCopies);
  REQUIRE(runtime::make_step(staff.plan, kCopies)->undo(staff.world->world));
  staff.write("UPDATE staff SET team = 'new'");
  staff.follow();
  CHECK(staff.teams() == "new|red\n");
}

TEST_CASE("a plan that never follows has no lineage") {
  Staff staff("new.db", false);
  staff.finish(kCopies);
  CHECK(staff.teams() == "one|red\ntwo|red\n");
  CHECK_FALSE(staff.has_lineage());
}

TEST_CASE("a copy that is overtaken leaves no entries") {
  Staff staff;
  staff.start();
  const auto copy = runtime::make_step(staff.plan, kCopies);
  REQUIRE(copy->advance(staff.world->world));
  runtime::Authority newer = staff.world->world.authority;
  ++newer.epoch;
  REQUIRE(runtime::install_fences(staff.world->stores, newer, 2));
  CHECK_FALSE(copy->advance(staff.world->world));
  CHECK(staff.entries() == 0);
  CHECK(staff.teams().empty());
}

TEST_CASE("a copy closes the letter of a row that the follower had set aside") {
  Staff staff;
  staff.start();
  const auto copy = runtime::make_step(staff.plan, kCopies);
  REQUIRE(copy->advance(staff.world->world));  // before it meets a row
  staff.write(set('1', "colour = 'blue'") + set('2', "colour = 'grey'"));
  staff.follow();
  CHECK(staff.open_letters() == "1\n");
  staff.write(set('1', "team = 'ten'"));
  staff.follow();
  CHECK(staff.open_letters() == "1\n");
  REQUIRE(staff.world->finish(*copy));
  CHECK(staff.teams() == "one|grey\nten|blue\ntwo|red\n");
  CHECK(staff.users() == "1.50\n2.50\n3.50\n");
  CHECK(staff.open_letters() == "0\n");
}
