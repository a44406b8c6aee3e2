// What a copy does where the new side has rows already, and how it leaves the store to others.
#include <algorithm>

#include <catch2/catch.hpp>

#include "runtime/steps/copy.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;

namespace {

// Items are copied as they are; `edition` says which is newer.
plan::Plan item_plan(plan::Copy copy) {
  plan::Plan plan;
  plan.name = "items";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {"new.db"}}};
  plan.entities = {{"Item",
                    {field("shelf", plan::Type::text(), true),
                     field("place", plan::Type::of(plan::Base::I32), true),
                     field("edition", plan::Type::of(plan::Base::I64)),
                     field("words", plan::Type::text().as_optional())},
                    {}}};
  plan.entities[0].fields[2].version = true;
  plan.datasets = {{"old", {0}, {0}, "items", {}}, {"new", {0}, {1}, "items", {}}};
  plan.from = {0};
  plan.to = {{1}};
  plan.steps = {step("move/scan#1", copy)};
  return plan;
}

constexpr const char* kTable =
    "CREATE TABLE items(shelf TEXT, place INTEGER, edition INTEGER, words TEXT, "
    "PRIMARY KEY(shelf, place));";

std::string copied(plan::OnConflict on_conflict, plan::Counts& counts,
                   std::vector<plan::MergedField> merged = {}) {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", std::string(kTable) +
                                 "INSERT INTO items VALUES('a', 1, 5, 'old'), ('a', 2, 5, 'old'),"
                                 "('b', 1, 5, 'old'), ('b', 2, 5, NULL), ('B', 1, 5, 'same');");
  run_sql(folder / "new.db", std::string(kTable) +
                                 "INSERT INTO items VALUES('a', 1, 4, 'new'), ('a', 2, 6, 'new'),"
                                 "('B', 1, 5, 'same');");
  plan::Copy copy{.chunk = {2}, .pace = {plan::PaceKind::Full, {}}, .on_conflict = on_conflict};
  copy.merged = std::move(merged);
  const plan::Plan plan = item_plan(copy);
  TestWorld test(plan, folder.path());
  test.fence();
  const auto outcome = test.finish(*runtime::make_copy(plan, copy, {0}));
  if (!outcome) FAIL(outcome.error().message);
  counts = std::get<runtime::Done>(outcome->what).counts;
  return rows_of(folder / "new.db", "SELECT * FROM items ORDER BY shelf, place");
}

}  // namespace

TEST_CASE("keep leaves the rows that are there") {
  plan::Counts counts;
  CHECK(copied(plan::OnConflict::Keep, counts) ==
        "B|1|5|same\na|1|4|new\na|2|6|new\nb|1|5|old\nb|2|5|NULL\n");
  CHECK(counts == plan::Counts{5, 2, 3, 0, 2});
}

TEST_CASE("replace overwrites what differs, newer what is older") {
  plan::Counts counts;
  CHECK(copied(plan::OnConflict::Replace, counts) ==
        "B|1|5|same\na|1|5|old\na|2|5|old\nb|1|5|old\nb|2|5|NULL\n");
  CHECK(counts == plan::Counts{5, 4, 1, 0, 4});
  CHECK(copied(plan::OnConflict::Newer, counts) ==
        "B|1|5|same\na|1|5|old\na|2|6|new\nb|1|5|old\nb|2|5|NULL\n");
  CHECK(counts == plan::Counts{5, 3, 2, 0, 3});
}

TEST_CASE("merge overwrites the fields that it names, and keeps the others") {
  plan::Counts counts;
  CHECK(copied(plan::OnConflict::Merge, counts, {{{1}, 3}}) ==
        "B|1|5|same\na|1|4|old\na|2|6|old\nb|1|5|old\nb|2|5|NULL\n");
  CHECK(counts == plan::Counts{5, 4, 1, 0, 4});
  CHECK(copied(plan::OnConflict::Merge, counts, {{{1}, 2}}) ==
        "B|1|5|same\na|1|5|new\na|2|5|new\nb|1|5|old\nb|2|5|NULL\n");
  CHECK(counts == plan::Counts{5, 4, 1, 0, 4});
  CHECK(copied(plan::OnConflict::Merge, counts, {{{1}, 3}, {{1}, 2}}) ==
        "B|1|5|same\na|1|5|old\na|2|5|old\nb|1|5|old\nb|2|5|NULL\n");
}

TEST_CASE("a limited copy waits as long as its rows are worth") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", std::string(kTable) +
                                 "INSERT INTO items VALUES('a', 1, 1, ''), "
                                 "('a', 2, 1, ''), ('a', 3, 1, '');");
  run_sql(folder / "new.db", kTable);
  plan::Copy copy{.chunk = {2}, .pace = {plan::PaceKind::Limited, {1, std::chrono::seconds(5)}}};
  const plan::Plan plan = item_plan(copy);
  TestWorld test(plan, folder.path());
  test.fence();
  const auto step = runtime::make_copy(plan, copy, {0});
  REQUIRE(step->advance(test.world));
  const auto began = test.clock.now();
  const auto page = step->advance(test.world);
  REQUIRE(page);
  CHECK(std::get<runtime::More>(page->what).counts.read ==
        1);  // what a second has, and at least one
  CHECK(std::get<runtime::More>(page->what).total == 3);
  const auto wait = step->advance(test.world);
  REQUIRE(wait);
  CHECK(std::get<runtime::WaitUntil>(wait->what).until == began + std::chrono::seconds(5));
  REQUIRE(test.finish(*step));
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM items") == "3\n");
}

TEST_CASE("a copy that is limited in bytes counts them, and rests first where it goes on") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db",
          "CREATE TABLE items(place INTEGER PRIMARY KEY, edition INTEGER, words TEXT);"
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
          " INSERT INTO items SELECT i, 1, hex(zeroblob(500)) FROM n;");
  run_sql(folder / "new.db",
          "CREATE TABLE items(place INTEGER PRIMARY KEY, edition INTEGER, words TEXT);");
  plan::Copy copy{.pace = {.kind = plan::PaceKind::Limited, .bytes = plan::ByteRate{10'000}}};
  plan::Plan plan = item_plan(copy);
  // One key, so that nothing but the limit keeps these rows from going inside the engine.
  plan.entities[0].fields.erase(plan.entities[0].fields.begin());
  TestWorld test(plan, folder.path());
  test.fence();
  runtime::Duration rested{};
  std::int64_t most = 0;  // rows at once
  std::int64_t read = 0;
  const auto go = [&](runtime::Step& step, int slices) {
    for (int i = 0; i < slices; ++i) {
      const auto outcome = step.advance(test.world);
      REQUIRE(outcome);
      if (std::holds_alternative<runtime::Done>(outcome->what)) return;
      if (const auto* wait = std::get_if<runtime::WaitUntil>(&outcome->what)) {
        rested += wait->until - test.clock.now();
        test.clock.move_to(wait->until);
      } else if (const auto& more = std::get<runtime::More>(outcome->what); more.counts.read > 0) {
        most = std::max(most, more.counts.read - read);
        read = more.counts.read;
      }
    }
  };
  go(*runtime::make_copy(plan, copy, {0}), 8);
  CHECK(read > 0);
  CHECK(read < 100);
  // 1000 bytes and a little a row; what was moved last is owed still.
  CHECK(rested >= std::chrono::milliseconds(100 * (read - most)));
  rested = {};
  go(*runtime::make_copy(plan, copy, {0}), 2);
  CHECK(rested > std::chrono::seconds(1));  // before it reads a row
  rested = {};
  const std::int64_t before = read;
  go(*runtime::make_copy(plan, copy, {0}), 1000);
  CHECK(rested >= std::chrono::milliseconds(100 * (100 - before - most)));
  CHECK(most <= 16);
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM items") == "100\n");
}

TEST_CASE("rows without a key stop a copy before it starts") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", std::string(kTable) + "INSERT INTO items VALUES(NULL, 1, 1, '');");
  run_sql(folder / "new.db", kTable);
  const plan::Plan plan = item_plan({});
  TestWorld test(plan, folder.path());
  test.fence();
  const auto outcome = test.finish(*runtime::make_copy(plan, {}, {0}));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message == "1 rows of `items` have no key, so they cannot be told apart");
}
