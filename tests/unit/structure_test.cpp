// The structure steps and the control tables beneath them, on real files.
#include "runtime/steps/structure.hpp"

#include <catch2/catch.hpp>

#include "runtime/stores/effect.hpp"
#include "runtime/stores/guard.hpp"
#include "runtime/stores/schema_check.hpp"
#include "runtime/stores/store_control.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::ErrorKind;

namespace {

constexpr const char* kLegacy =
    "CREATE TABLE legacy_users(id INTEGER PRIMARY KEY, name TEXT, emails TEXT, country TEXT,"
    " points INTEGER, score REAL);"
    "INSERT INTO legacy_users VALUES(1,'Ada','a@x','UK',1,1),(2,'Bob','b@x','US',1,1);";

runtime::FinishedRun ended(const std::string& outcome) {
  return {"journal-1", "run-1", "shop", "hash", "default", outcome, "2026-01-01T00:00:00Z"};
}

bool is_done(const runtime::Result<runtime::Outcome>& outcome) {
  return outcome && std::holds_alternative<runtime::Done>(outcome->what);
}

std::string schema_of(const std::filesystem::path& path) {
  return rows_of(path, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
}

}  // namespace

TEST_CASE("create makes a file, its tables and its fence; undo and release leave no trace") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", kLegacy);
  plan::Plan plan = shop_plan();
  plan.steps = {step("expand/create#1", plan::Create{plan.to})};
  TestWorld test(plan, folder.path());
  test.fence();
  const auto create = runtime::make_create(plan, std::get<plan::Create>(plan.steps[0].action), {0});
  REQUIRE(is_done(test.finish(*create)));
  REQUIRE(is_done(test.finish(*create)));
  CHECK(schema_of(folder / "new.db").find("FOREIGN KEY (\"country\") REFERENCES \"countries\"") !=
        std::string::npos);
  const auto schema = runtime::read_schema(**test.stores.reader({1}));
  REQUIRE(schema);
  for (std::uint32_t i = 1; i < 4; ++i)
    CHECK(schema_differences(plan, {i}, *schema, runtime::TableRole::Written).empty());

  REQUIRE(is_done(create->undo(test.world)));
  REQUIRE(is_done(create->undo(test.world)));
  REQUIRE(runtime::release(**test.stores.writer({1}), ended("rolled_back")));
  CHECK(schema_of(folder / "new.db").empty());
}

TEST_CASE("a table that this run did not create is refused and kept") {
  const TemporaryFolder folder;
  run_sql(folder / "new.db", "CREATE TABLE users(id INTEGER PRIMARY KEY)");
  plan::Plan plan = shop_plan();
  plan.steps = {step("expand/create#1", plan::Create{plan.to})};
  TestWorld test(plan, folder.path());
  test.fence();
  const auto create = runtime::make_create(plan, std::get<plan::Create>(plan.steps[0].action), {0});
  const auto outcome = create->advance(test.world);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::Permanent);
  REQUIRE(is_done(create->undo(test.world)));
  CHECK(rows_of(folder / "new.db", "SELECT name FROM pragma_table_info('users')") == "id\n");
}

TEST_CASE("fields and indexes come and go") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", kLegacy);
  plan::Plan plan = shop_plan();
  plan.entities[0].fields.push_back(field("tier", plan::Type::text()));
  plan.steps = {step("a/add#1", plan::AddField{{0}, 6, plan::Value(std::string("it's free"))}),
                step("a/index#1", plan::AddIndex{{0}, {1}, true})};
  TestWorld test(plan, folder.path());
  test.fence();
  const auto before = runtime::schema_text(**test.stores.reader({0}));
  const auto add =
      runtime::make_add_field(plan, std::get<plan::AddField>(plan.steps[0].action), {0});
  const auto index =
      runtime::make_add_index(plan, std::get<plan::AddIndex>(plan.steps[1].action), {1});
  REQUIRE(is_done(test.finish(*add)));
  REQUIRE(is_done(test.finish(*index)));
  CHECK(rows_of(folder / "old.db", "SELECT tier FROM legacy_users WHERE id = 1") == "it's free\n");
  REQUIRE(is_done(index->undo(test.world)));
  REQUIRE(is_done(add->undo(test.world)));
  CHECK(*runtime::schema_text(**test.stores.reader({0})) == *before);

  run_sql(folder / "old.db", "UPDATE legacy_users SET name = 'same'");
  const auto refused = index->advance(test.world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("rows that share (name)") != std::string::npos);
}

TEST_CASE("drop lists what depends on the table") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", std::string(kLegacy) + "CREATE VIEW v AS SELECT * FROM legacy_users;");
  plan::Plan plan = shop_plan();
  plan.steps = {step("z/drop#1", plan::Drop{{{0}}})};
  TestWorld test(plan, folder.path());
  test.fence();
  const auto drop = runtime::make_drop(plan, std::get<plan::Drop>(plan.steps[0].action), {0});
  const auto refused = drop->advance(test.world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("the view `v` reads it") != std::string::npos);
  run_sql(folder / "old.db", "DROP VIEW v");
  REQUIRE(is_done(test.finish(*drop)));
  CHECK(rows_of(folder / "old.db", "SELECT name FROM sqlite_schema WHERE name = 'legacy_users'")
            .empty());
}

TEST_CASE("a fence lets one run and one epoch write") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", kLegacy);
  plan::Plan plan = shop_plan();
  plan.steps = {step("a/sql#1", plan::Sql{{0}, "DELETE FROM legacy_users WHERE id = 1", ""})};
  TestWorld first(plan, folder.path());
  first.fence();
  TestWorld second(plan, folder.path(), 2);
  second.fence();
  const auto sql = runtime::make_sql(plan, std::get<plan::Sql>(plan.steps[0].action), {0});
  const auto stale = sql->advance(first.world);
  REQUIRE_FALSE(stale);
  CHECK(stale.error().kind == ErrorKind::Conflict);
  CHECK_FALSE(runtime::install_fences(first.stores, first.world.authority, 1));
  REQUIRE(is_done(second.finish(*sql)));

  runtime::Authority other{"journal-2", "run-9", 1};
  const auto refused = runtime::install_fences(second.stores, other, 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("`run-1` of the journal `journal-1`") != std::string::npos);
  CHECK(runtime::install_fences(second.stores, other, 1, runtime::Takeover::Force));
}

TEST_CASE("a guard refuses everybody but an effect of ours") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", kLegacy);
  plan::Plan plan = shop_plan();
  plan.steps = {step("a/sql#1", plan::Sql{{0}, "DELETE FROM legacy_users WHERE id = 1", ""})};
  TestWorld test(plan, folder.path());
  test.fence();
  const auto database = test.stores.writer({0});
  REQUIRE(runtime::install_guard(**database, "legacy_users", "it's moving"));
  REQUIRE(runtime::install_guard(**database, "legacy_users", "it's moving to new.db"));
  for (const char* change : {"DELETE FROM legacy_users", "UPDATE legacy_users SET name = 'x'",
                             "INSERT INTO legacy_users(id) VALUES(9)"}) {
    CHECK_FALSE((*database)->execute(change));
  }
  const auto sql = runtime::make_sql(plan, std::get<plan::Sql>(plan.steps[0].action), {0});
  REQUIRE(is_done(test.finish(*sql)));
  CHECK(rows_of(folder / "old.db", "SELECT count(*) FROM legacy_users") == "1\n");
  REQUIRE(runtime::release(**database, ended("rolled_back")));
  CHECK(*runtime::is_guarded(**database, "legacy_users"));
  REQUIRE(runtime::remove_guard(**database, "legacy_users"));
  REQUIRE(runtime::release(**database, ended("rolled_back")));
  CHECK(schema_of(folder / "old.db").find("mig_ctl") == std::string::npos);
}

TEST_CASE("an identity is read without writing and survives a release") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", kLegacy);
  plan::Plan plan = shop_plan();
  TestWorld test(plan, folder.path());
  const auto before = schema_of(folder / "old.db");
  CHECK(runtime::identity(**test.stores.reader({0}))->starts_with("sqlite:new:"));
  CHECK(schema_of(folder / "old.db") == before);
  test.fence();
  const auto known = runtime::identity(**test.stores.reader({0}));
  CHECK_FALSE(known->starts_with("sqlite:new:"));
  REQUIRE(runtime::release(**test.stores.writer({0}), ended("completed")));
  CHECK(*runtime::identity(**test.stores.reader({0})) == *known);
  CHECK(runtime::finished_runs(**test.stores.reader({0}))->size() == 1);
}

TEST_CASE("a backup is read back, refuses a stranger's file, and takes rows that fit no type") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", std::string(kLegacy) +
                                 "UPDATE legacy_users SET points = 'many', name = x'00ff', score = "
                                 "9007199254740993 WHERE id = 2;"
                                 "CREATE INDEX by_name ON legacy_users(name);");
  plan::Plan plan = shop_plan();
  plan.steps = {step("z/backup#1", plan::Backup{{{0}}, "kept/users.db", {}}),
                step("z/backup#2", plan::Backup{{{0}}, "kept/users.db", {}})};
  TestWorld test(plan, folder.path());
  test.fence();
  const auto make = [&](std::uint32_t id) {
    return runtime::make_backup(plan, std::get<plan::Backup>(plan.steps[id].action), {id});
  };
  REQUIRE(is_done(test.finish(*make(0))));
  const char* all = "SELECT id, typeof(points), hex(name), score FROM legacy_users ORDER BY id";
  CHECK(rows_of(folder / "kept/users.db", all) == rows_of(folder / "old.db", all));
  const char* indexes = "SELECT sql FROM sqlite_schema WHERE type = 'index'";
  CHECK(rows_of(folder / "kept/users.db", indexes) == rows_of(folder / "old.db", indexes));
  CHECK_FALSE(std::filesystem::exists(folder / "kept/users.db.partial"));
  REQUIRE(is_done(test.finish(*make(0))));
  const auto refused = test.finish(*make(1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("this run did not make it") != std::string::npos);
}

TEST_CASE("a backup of a file with a write-ahead log is of one moment, whoever writes") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", "PRAGMA journal_mode = wal");
  run_sql(folder / "old.db", std::string(kLegacy) +
                                 "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n "
                                 "WHERE i < 2500) INSERT INTO legacy_users(id) SELECT i FROM n;");
  plan::Plan plan = shop_plan();
  plan.steps = {step("z/backup#1", plan::Backup{{{0}}, "users.backup", {}})};
  TestWorld test(plan, folder.path());
  test.fence();
  const char* all = "SELECT * FROM legacy_users ORDER BY id";
  const std::string before = rows_of(folder / "old.db", all);
  const auto backup = runtime::make_backup(plan, std::get<plan::Backup>(plan.steps[0].action), {0});
  for (int slice = 1; slice < 9; ++slice) {
    const auto outcome = backup->advance(test.world);
    REQUIRE(outcome);
    if (is_done(outcome)) break;
    run_sql(folder / "old.db",
            "UPDATE legacy_users SET name = 'slice' WHERE id % 100 = 1;"
            "DELETE FROM legacy_users WHERE id % 1000 = 500;"
            "INSERT INTO legacy_users(name) VALUES('late')");
  }
  CHECK(rows_of(folder / "users.backup", all) == before);
  CHECK(rows_of(folder / "old.db", all) != before);
}

TEST_CASE("purge empties tables slice by slice") {
  const TemporaryFolder folder;
  run_sql(folder / "old.db", std::string(kLegacy) +
                                 "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n "
                                 "WHERE i < 2500) INSERT INTO legacy_users(id) SELECT i FROM n;");
  plan::Plan plan = shop_plan();
  plan.steps = {step("a/purge#1", plan::Purge{{{0}}})};
  TestWorld test(plan, folder.path());
  test.fence();
  const auto purge = runtime::make_purge(plan, std::get<plan::Purge>(plan.steps[0].action), {0});
  const auto slice = purge->advance(test.world);
  REQUIRE(slice);
  CHECK(std::get<runtime::More>(slice->what).counts.written == 1000);
  REQUIRE(is_done(test.finish(*purge)));
  CHECK(rows_of(folder / "old.db", "SELECT count(*) FROM legacy_users") == "0\n");
}
