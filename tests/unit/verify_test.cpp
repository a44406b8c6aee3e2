// Comparing both sides after a copy, and repairing the new one.
#include "runtime/steps/verify.hpp"

#include <fstream>

#include <catch2/catch.hpp>

#include "runtime/data/reconcile.hpp"
#include "runtime/gates/metric_sources.hpp"
#include "runtime/steps/copy.hpp"
#include "runtime/steps/repair.hpp"
#include "tests/support/shop_stores.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::DriftClass;

namespace {

struct Shop {
  explicit Shop(int rows, plan::Verify verify = {})
      : plan(shop_run(plan::Copy{.pace = {plan::PaceKind::Full, {}},
                                 .rejects = {true, plan::Ratio::percent(100), "team"}})) {
    plan.steps.push_back(step("move/verify#1", verify));
    make_legacy(folder / "old.db", rows);
  }
  void copy() {
    world.emplace(plan, folder.path());
    make_new_side(*world);
    const auto& action = std::get<plan::Copy>(plan.steps[1].action);
    REQUIRE(world->finish(*runtime::make_copy(plan, action, {1})));
  }
  runtime::Result<runtime::Outcome> verify() {
    const auto& action = std::get<plan::Verify>(plan.steps[2].action);
    return world->finish(*runtime::make_verify(plan, action, {2}));
  }
  std::string summary() {
    const auto outcome = verify();
    if (!outcome) FAIL(outcome.error().message);
    return std::get<runtime::Done>(outcome->what).summary;
  }
  runtime::Reconciliation compare(std::optional<std::filesystem::path> list = {}) {
    auto result = runtime::reconcile(
        plan, world->stores, {.list = std::move(list), .scratch_folder = folder / "scratch"});
    if (!result) FAIL(result.error().message);
    return *result;
  }

  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> world;
};

constexpr const char* kDamage =
    "DELETE FROM users WHERE id = 30;"
    "UPDATE users SET name = 'other' WHERE id = 33;"
    "INSERT INTO emails VALUES(33, 'stranger@x');"
    "UPDATE countries SET tag = 'wrong' WHERE name = 'land 7';";

}  // namespace

TEST_CASE("after a copy nothing differs, and rejected rows are no drift") {
  Shop shop(5000);
  run_sql(shop.folder / "old.db",
          "UPDATE legacy_users SET country = NULL WHERE id IN (3, 600);"
          "UPDATE legacy_users SET country = 'LAND 9' WHERE id = 3000;");
  shop.copy();
  CHECK(shop.summary() ==
        "drift users=0 emails=0 countries=0; source=0; rejected=3; compared=4997; complete");
  CHECK(std::filesystem::is_empty(shop.folder / ".mig"));
}

TEST_CASE("what differs is found, by class, key and field") {
  Shop shop(500);
  shop.copy();
  run_sql(shop.folder / "new.db", kDamage);
  const auto list = shop.folder / "drift.jsonl";
  const auto result = shop.compare(list);
  REQUIRE(result.datasets.size() == 3);
  CHECK(result.datasets[0] == runtime::DatasetDrift{{1}, 500, 499, 1, 0, 1});
  CHECK(result.datasets[1].extra == 1);
  CHECK(result.datasets[2].mismatched == 1);
  CHECK(result.drift() == 4);
  const auto summary = runtime::print_summary(shop.plan, result);
  CHECK(runtime::parse_drift(summary, "users") == 2);
  CHECK(runtime::parse_drift(summary, "source") == 4);
  CHECK_FALSE(runtime::parse_drift(summary, "nobody"));
  std::ifstream in(list);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text.find(R"({"class":"mismatched","dataset":"users","fields":["name"],"key":"33"})") !=
        std::string::npos);
  CHECK(text.find(R"({"class":"missing","dataset":"users","fields":[],"key":"30"})") !=
        std::string::npos);
  CHECK(text.find(R"("key":"33, stranger@x")") != std::string::npos);
  CHECK(text.find("other") == std::string::npos);
}

TEST_CASE("repair makes the new side equal again") {
  Shop shop(500, {.repair = true});
  shop.copy();
  const auto before = new_side(shop.folder / "new.db");
  run_sql(shop.folder / "new.db", kDamage);
  CHECK(shop.summary() ==
        "drift users=0 emails=0 countries=0; source=0; rejected=0; compared=500; complete; "
        "repaired 4 rows");
  CHECK(new_side(shop.folder / "new.db") == before);
}

TEST_CASE("a mended row closes its dead letter, and the gate counts open ones only") {
  Shop shop(5000, {.repair = true});
  const auto old_file = shop.folder / "old.db";
  const auto new_file = shop.folder / "new.db";
  // Set aside: two that nobody can read, one that is too long, one that disagrees with another.
  run_sql(old_file,
          "UPDATE legacy_users SET country = NULL WHERE id IN (3, 600);"
          "UPDATE legacy_users SET name = 'far more than twenty letters' WHERE id = 900;"
          "UPDATE legacy_users SET country = 'LAND 9' WHERE id = 3000;");
  shop.copy();
  const auto rejects = [&] {
    const plan::DatasetReading reading{plan::MetricKind::Rejects, {0}};
    const auto sample = take_reading(reading, shop.world->world, shop.world->clock.now());
    REQUIRE(sample.taken == runtime::Taken::Value);
    return sample.value;
  };
  CHECK(rejects() == 4);
  run_sql(old_file,
          "UPDATE legacy_users SET country = 'land 7' WHERE id = 3;"
          "UPDATE legacy_users SET name = 'short' WHERE id = 900;"
          "DELETE FROM legacy_users WHERE id = 600;");
  // A comparison alone writes nothing, so it closes nothing.
  CHECK(shop.compare().rejected == 3);
  CHECK(rejects() == 4);
  CHECK(shop.summary() ==
        "drift users=0 emails=0 countries=0; source=0; rejected=1; compared=4998; complete; "
        "3 dead letters closed");
  CHECK(rejects() == 1);
  CHECK(rows_of(new_file, "SELECT shown_key FROM mig_ctl_reject WHERE closed IS NULL") == "3000\n");
  CHECK(rows_of(new_file, "SELECT name FROM users WHERE id = 900") == "short\n");
  CHECK(rows_of(new_file, "SELECT count(*) FROM users WHERE id IN (3, 600)") == "1\n");
  CHECK(shop.summary().find("closed") == std::string::npos);
}

TEST_CASE("a letter closes once the row that its row refers to has come") {
  const TemporaryFolder folder;
  plan::Plan plan;
  plan.name = "staff";
  plan.stores = {{.name = "old", .location = {"old.db"}}, {.name = "new", .location = {"new.db"}}};
  plan.entities = {
      {"Person",
       {field("id", plan::Type::of(plan::Base::I64), true), field("name", plan::Type::text(5)),
        field("boss", plan::Type::of(plan::Base::I64).as_optional())},
       {}}};
  plan.datasets = {{"old", {0}, {0}, "staff", {}}, {"new", {0}, {1}, "staff", {}}};
  plan.to = {{1}};
  const plan::Copy copy{.rejects = {true, plan::Ratio::percent(100), "team"}};
  const plan::Verify verify{.repair = true};
  plan.steps = {step("move/copy#1", copy), step("move/verify#1", verify)};
  run_sql(folder / "old.db",
          "CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT, boss INTEGER);"
          "INSERT INTO staff VALUES(1, 'ann', 2), (2, 'a long name', NULL), (3, 'cyd', 4);");
  run_sql(folder / "new.db",
          "CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT NOT NULL, "
          "boss INTEGER REFERENCES staff(id));");
  TestWorld test(plan, folder.path());
  test.fence();
  REQUIRE(test.finish(*runtime::make_copy(plan, copy, {0})));
  CHECK(rows_of(folder / "new.db", "SELECT count(*) FROM staff").starts_with("0"));
  run_sql(folder / "old.db", "UPDATE staff SET name = 'bob' WHERE id = 2;");
  const auto outcome = test.finish(*runtime::make_verify(plan, verify, {1}));
  if (!outcome) FAIL(outcome.error().message);
  CHECK(rows_of(folder / "new.db", "SELECT id FROM staff ORDER BY id") == "1\n2\n");
  CHECK(rows_of(folder / "new.db", "SELECT shown_key FROM mig_ctl_reject WHERE closed IS NULL") ==
        "3\n");
}

TEST_CASE("repair stops rather than delete many rows") {
  Shop shop(500, {.repair = true});
  shop.copy();
  run_sql(shop.folder / "old.db", "DELETE FROM legacy_users");
  const auto outcome = shop.verify();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message ==
        "repair would delete 500 of 500 rows of `users`, and at most 1% may go");
  CHECK(rows_of(shop.folder / "new.db", "SELECT count(*) FROM users") == "500\n");
}

TEST_CASE("a canonical form decides what is equal") {
  Shop shop(100);
  shop.plan.datasets[1].canonical = {
      {1, call(plan::Function::Upper, plan::Type::text(20), {field_of(1, plan::Type::text(20))})}};
  shop.copy();
  run_sql(shop.folder / "new.db", "UPDATE users SET name = upper(name)");
  CHECK(shop.compare().drift() == 0);
  run_sql(shop.folder / "new.db", "UPDATE users SET name = 'x' WHERE id = 3");
  CHECK(shop.compare().drift() == 1);
}

TEST_CASE("a sample says what it proves") {
  Shop shop(3000, {.sample = plan::Ratio::percent(20)});
  shop.copy();
  const auto summary = shop.summary();
  CHECK(summary.find("sample of ") != std::string::npos);
  CHECK(summary.ends_with("differ at 95%"));
  CHECK(shop.summary() == summary);
}
