// Copies between real files: what is moved, what is refused, and what a kill leaves.
#include "runtime/steps/copy.hpp"

#include <cstdlib>
#include <random>

#include <catch2/catch.hpp>

#include "runtime/stores/dead_letters.hpp"
#include "tests/support/shop_stores.hpp"
#include "tests/unit/child_process.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::ErrorKind;

namespace {

plan::Copy full_speed(std::int64_t chunk) {
  return {.chunk = {chunk}, .pace = {plan::PaceKind::Full, {}}};
}

plan::Copy with_quarantine(std::int64_t chunk, int percent = 100) {
  plan::Copy copy = full_speed(chunk);
  copy.rejects = {true, plan::Ratio::percent(percent), "data-team"};
  return copy;
}

runtime::Result<runtime::Outcome> run_copy(TestWorld& test) {
  const auto& action = std::get<plan::Copy>(test.world.plan.steps[1].action);
  return test.finish(*runtime::make_copy(test.world.plan, action, {1}));
}

plan::Counts counts_of(const runtime::Result<runtime::Outcome>& outcome) {
  if (!outcome) FAIL(outcome.error().message);
  REQUIRE(std::holds_alternative<runtime::Done>(outcome->what));
  return std::get<runtime::Done>(outcome->what).counts;
}

std::string letters(const std::filesystem::path& path) {
  return rows_of(path, "SELECT shown_key, field, reason FROM mig_ctl_reject ORDER BY row_key");
}

}  // namespace

TEST_CASE("one row becomes many, and many share one") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 100'000);
  const plan::Plan plan = shop_run(full_speed(2000));
  TestWorld test(plan, folder.path());
  make_new_side(test);
  const plan::Counts counts = counts_of(run_copy(test));
  CHECK(counts.read == 100'000);
  CHECK(counts.moved == 100'000);
  CHECK(counts.written == 100'000 + 180'000 + 50);
  const auto path = folder / "new.db";
  CHECK(rows_of(path, "SELECT count(*) FROM users") == "100000\n");
  CHECK(rows_of(path, "SELECT count(*) FROM emails") == "180000\n");
  CHECK(rows_of(path, "SELECT count(*) FROM countries") == "50\n");
  CHECK(rows_of(path, "SELECT * FROM emails WHERE user_id = 3") == "3|a1@x\n3|b1@y\n");
  CHECK(rows_of(path, "SELECT count(*) FROM mig_ctl_origin") == "0\n");
}

TEST_CASE("a second copy keeps what the first one moved") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 500);
  plan::Plan plan = shop_run(full_speed(64));
  plan.steps.push_back(step("move/step#2", full_speed(50)));
  TestWorld test(plan, folder.path());
  make_new_side(test);
  counts_of(run_copy(test));
  const auto again = runtime::make_copy(plan, std::get<plan::Copy>(plan.steps[2].action), {2});
  const plan::Counts counts = counts_of(test.finish(*again));
  CHECK(counts.kept == 500);
  CHECK(counts.written == 0);
}

TEST_CASE("a later copy of a mended row closes its dead letter, a later reject replaces it") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 500);
  run_sql(folder / "old.db", "UPDATE legacy_users SET country = NULL WHERE id IN (6, 60, 300)");
  plan::Plan plan = shop_run(with_quarantine(64));
  plan.steps.push_back(step("move/step#2", with_quarantine(50)));
  TestWorld test(plan, folder.path());
  make_new_side(test);
  CHECK(counts_of(run_copy(test)).rejected == 3);
  run_sql(folder / "old.db", "UPDATE legacy_users SET country = 'land 7' WHERE id IN (6, 300)");
  const auto again = runtime::make_copy(plan, std::get<plan::Copy>(plan.steps[2].action), {2});
  const plan::Counts counts = counts_of(test.finish(*again));
  CHECK(counts.moved == 2);
  CHECK(counts.rejected == 1);
  CHECK(rows_of(folder / "new.db",
                "SELECT step, shown_key, closed IS NULL FROM mig_ctl_reject "
                "ORDER BY CAST(shown_key AS INTEGER), step") ==
        "move/step#1|6|0\nmove/step#1|60|0\nmove/step#2|60|1\nmove/step#1|300|0\n");
}

TEST_CASE("rows that do not fit become dead letters, each with its reason and no value") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 40);
  run_sql(folder / "old.db",
          "UPDATE legacy_users SET points = 2147483648 WHERE id = 3;"
          "UPDATE legacy_users SET name = CAST(x'ff41' AS TEXT) WHERE id = 6;"
          "UPDATE legacy_users SET country = NULL WHERE id = 9;"
          "UPDATE legacy_users SET country = 'Land 9' WHERE id = 27;"
          "UPDATE legacy_users SET country = 'LAND 9' WHERE id = 30;"
          "UPDATE legacy_users SET emails = 'same@x,same@x' WHERE id = 33;"
          "UPDATE legacy_users SET points = 'many' WHERE id = 36;");
  const plan::Plan plan = shop_run(with_quarantine(7));
  TestWorld test(plan, folder.path());
  make_new_side(test);
  run_sql(folder / "new.db",
          "CREATE UNIQUE INDEX one_name ON users(name);"
          "INSERT INTO countries VALUES('else', 'else');"
          "INSERT INTO users VALUES(-1, 'user 13', 'else');");
  const plan::Counts counts = counts_of(run_copy(test));
  CHECK(counts.read == 40);
  CHECK(counts.rejected == 6);
  CHECK(letters(folder / "new.db") ==
        "3|points|an integer out of range for `i32`\n"
        "6|name|text that is not UTF-8 for `text(20)`\n"
        "9|country|NULL where `text` is expected\n"
        "30|tag|differs from the shared row of an earlier one in `tag`\n"
        "36|points|text where `i32` is expected\n"
        "39|users.name|another row already has this value, and it must be unique\n");
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM users WHERE id IN (3,6,9,30,36,39)") ==
        "0\n");
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM emails WHERE user_id = 39") == "0\n");
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM emails WHERE user_id = 33") == "1\n");
}

TEST_CASE("a row that breaks a rule of the old side stays behind, once, with the rule's message") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 10);
  run_sql(folder / "old.db",
          "UPDATE legacy_users SET name = 'nobody' WHERE id = 6;"
          "UPDATE legacy_users SET name = 'nobody', country = 'LAND 9' WHERE id = 30;");
  plan::Plan plan = shop_run(with_quarantine(7));
  const auto text = plan::Type::text(20);
  plan.entities[0].rules.push_back(
      {call(plan::Function::NotEqual, plan::Type::of(plan::Base::Bool),
            {field_of(1, text), {text, plan::Constant{std::string("nobody")}}}),
       "nobody is no name"});
  TestWorld test(plan, folder.path());
  make_new_side(test);
  const plan::Counts counts = counts_of(run_copy(test));
  CHECK(counts.read == 10);
  CHECK(counts.rejected == 2);
  CHECK(letters(folder / "new.db") == "6|Legacy|nobody is no name\n30|Legacy|nobody is no name\n");
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM users WHERE id IN (6, 30)") == "0\n");
}

TEST_CASE("without quarantine the first reject stops the copy and its page") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 30);
  run_sql(folder / "old.db",
          "UPDATE legacy_users SET score = 9007199254740993 WHERE id = 60;"
          "UPDATE legacy_users SET points = 9007199254740993 WHERE id = 60;");
  const plan::Plan plan = shop_run(full_speed(8));
  TestWorld test(plan, folder.path());
  make_new_side(test);
  const auto outcome = run_copy(test);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::Permanent);
  CHECK(outcome.error().message ==
        "the row `60` of `old` cannot be moved: `points`: an integer out of range for `i32`");
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM users") == "16\n");
  run_sql(folder / "old.db", "UPDATE legacy_users SET points = 1 WHERE id = 60;");
  CHECK(counts_of(run_copy(test)).moved == 30);
}

TEST_CASE("more rejects than the plan allows stop the copy") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 50);
  run_sql(folder / "old.db", "UPDATE legacy_users SET country = NULL WHERE id <= 6;");
  const plan::Plan plan = shop_run(with_quarantine(10, 3));
  TestWorld test(plan, folder.path());
  make_new_side(test);
  const auto outcome = run_copy(test);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message.find("2 of 50 rows were rejected") == 0);
}

TEST_CASE("an older epoch copies nothing") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 50);
  const plan::Plan plan = shop_run(full_speed(10));
  TestWorld first(plan, folder.path());
  make_new_side(first);
  const auto copy = runtime::make_copy(plan, std::get<plan::Copy>(plan.steps[1].action), {1});
  REQUIRE(copy->advance(first.world));
  REQUIRE(copy->advance(first.world));
  TestWorld second(plan, folder.path(), 2);
  second.fence();
  const auto stale = copy->advance(first.world);
  REQUIRE_FALSE(stale);
  CHECK(stale.error().kind == ErrorKind::Conflict);
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM users") == "10\n");
  CHECK(counts_of(run_copy(second)).moved == 50);
}

TEST_CASE("a missing column is named") {
  const TemporaryFolder folder;
  make_legacy(folder / "old.db", 5);
  run_sql(folder / "old.db", "ALTER TABLE legacy_users DROP COLUMN points");
  const plan::Plan plan = shop_run(full_speed(10));
  TestWorld test(plan, folder.path());
  make_new_side(test);
  const auto outcome = run_copy(test);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message == "`legacy_users` has no column `points`");
}

TEST_CASE("a copy that is killed again and again ends like one that was not") {
  const char* given = std::getenv("MIG_SEED");
  const unsigned seed =
      given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
  INFO("MIG_SEED=" << seed);
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  const TemporaryFolder calm_folder;
  const plan::Plan plan = shop_run(with_quarantine(50));
  for (const auto* at : {&folder, &calm_folder}) {
    make_legacy(*at / "old.db", 3000);
    run_sql(*at / "old.db", "UPDATE legacy_users SET country = NULL WHERE id % 100 = 0");
    TestWorld test(plan, at->path());
    make_new_side(test);
  }
  plan::Counts calm_counts;
  {
    TestWorld calm(plan, calm_folder.path());
    calm_counts = counts_of(run_copy(calm));
  }
  int kills = 0;
  for (int round = 0; round < 12; ++round) {
    ChildProcess child([&](const Line& line) {
      TestWorld test(plan, folder.path());
      const auto copy = runtime::make_copy(plan, std::get<plan::Copy>(plan.steps[1].action), {1});
      while (true) {
        const auto outcome = copy->advance(test.world);
        line.say(outcome ? "slice" : outcome.error().message);
        if (!outcome || std::holds_alternative<runtime::Done>(outcome->what)) return;
      }
    });
    // Somewhere inside a slice: the child goes on while the line is on its way.
    const auto slices = random() % 6;
    for (auto i = slices; i > 0; --i)
      child.hear();
    random.discard(random() % 400'000);
    child.kill_now();
    ++kills;
  }
  TestWorld test(plan, folder.path());
  CHECK(counts_of(run_copy(test)) == calm_counts);
  CHECK(kills == 12);
  CHECK(new_side(folder / "new.db") == new_side(calm_folder / "new.db"));
  CHECK(letters(folder / "new.db") == letters(calm_folder / "new.db"));
}
