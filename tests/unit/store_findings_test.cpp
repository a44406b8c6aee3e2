// What a comparison says of the new side by itself: rows that refer to nothing, and sequences that
// would hand out what is there.
#include "runtime/data/store_findings.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "runtime/steps/comparison.hpp"
#include "runtime/steps/following.hpp"
#include "runtime/steps/orphan_recheck.hpp"
#include "runtime/steps/verify.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::Orphan;

namespace {

constexpr plan::DatasetId kOrders{1};

// Orders go from one file to another; their table there is the test's.
struct Orders {
  explicit Orders(const std::string& table, std::vector<plan::Field> fields = {}) {
    if (fields.empty()) fields = {field("id", plan::Type::of(plan::Base::I64), true)};
    plan.name = "orders";
    plan.stores = {{.name = "old", .location = {"old.db"}},
                   {.name = "new", .location = {"new.db"}}};
    plan.entities = {{"Order", std::move(fields), {}}};
    plan.datasets = {{"old", {0}, {0}, "orders", {}}, {"new", {0}, {1}, "orders", {}}};
    plan.from = {0};
    plan.to = {kOrders};
    plan.steps = {step("mirror/writes#1",
                       plan::RouteWrites{.to = plan::Side::Old, .mirror = plan::WriteMode::Follow}),
                  step("check/verify#1", plan::Verify{})};
    run_sql(folder / "new.db", table);
    world.emplace(plan, folder.path());
  }

  // Every orphan, read in parts of so many rows.
  std::vector<Orphan> orphans(std::size_t limit = 1000) {
    const auto store = world->stores.reader({1});
    REQUIRE(store);
    const auto keys = runtime::foreign_keys_of(**store, "orders");
    if (!keys) FAIL(keys.error().message);
    std::vector<Orphan> all;
    for (const runtime::ForeignKey& key : *keys) {
      const auto reader = runtime::OrphanReader::open(**store, plan, kOrders, key);
      REQUIRE(reader);
      std::string after;
      for (bool is_last = false; !is_last;) {
        const auto part = reader->read(after, limit);
        if (!part) FAIL(part.error().message);
        CHECK(part->orphans.size() <= limit);
        for (const Orphan& orphan : part->orphans) {
          CHECK(*reader->is_orphan(orphan.place));
          all.push_back(orphan);
        }
        after = part->last;
        is_last = part->is_last;
      }
    }
    return all;
  }
  std::string found(std::size_t limit = 1000) {
    std::string text;
    for (const Orphan& one : orphans(limit))
      text += one.key + ": " + one.constraint + " = " + one.value + "\n";
    return text;
  }
  runtime::Reconciliation compare(runtime::ReconcileOptions options = {}) {
    options.scratch_folder = folder / "scratch";
    auto result = runtime::reconcile(plan, world->stores, options);
    if (!result) FAIL(result.error().message);
    return *result;
  }

  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> world;
};

constexpr const char* kUsers = "CREATE TABLE users(id INTEGER PRIMARY KEY, mail TEXT UNIQUE);";

std::string lines_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("orphans are found part by part, and are those that SQLite finds") {
  Orders orders(std::string(kUsers) +
                "INSERT INTO users SELECT value, 'u' || value FROM "
                "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE "
                "value < 20) SELECT value FROM n);"
                "CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users, "
                "mail TEXT REFERENCES users(mail));"
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
                "INSERT INTO orders SELECT i, CASE WHEN i % 9 > 0 THEN i % 25 END, 'u' || (i % 22) "
                "FROM n;");
  std::set<std::pair<std::string, std::string>> ours;
  for (const Orphan& one : orders.orphans(7))
    ours.emplace(one.key, one.constraint);
  std::set<std::pair<std::string, std::string>> theirs;
  const std::string said = rows_of(
      orders.folder / "new.db",
      "SELECT c.rowid, f.\"from\" || ' -> ' || f.\"table\" FROM pragma_foreign_key_check('orders') "
      "AS c JOIN pragma_foreign_key_list('orders') AS f ON f.id = c.fkid");
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);)
    theirs.emplace(line.substr(0, line.find('|')), line.substr(line.find('|') + 1));
  CHECK(theirs.size() > 20);
  CHECK(ours == theirs);
  CHECK(orders.found(1) == orders.found(1000));
}

TEST_CASE("a foreign key of several columns is broken by a row without NULL in them") {
  const auto text = plan::Type::text();
  Orders orders(
      "CREATE TABLE places(shelf TEXT, place INTEGER, PRIMARY KEY(shelf, place)) WITHOUT ROWID;"
      "INSERT INTO places VALUES('a', 1);"
      "CREATE TABLE orders(name TEXT COLLATE NOCASE, id INTEGER, shelf TEXT, place INTEGER, "
      "nowhere TEXT REFERENCES missing(id), PRIMARY KEY(name, id), "
      "FOREIGN KEY(shelf, place) REFERENCES places) WITHOUT ROWID;"
      "INSERT INTO orders VALUES('x', 1, 'a', 1, NULL), ('x', 2, 'a', NULL, NULL), "
      "('X', 3, 'a', 2, NULL), ('y', 4, 'b', 1, 'z');",
      {field("name", text, true), field("id", plan::Type::of(plan::Base::I64), true)});
  for (const std::size_t limit : {1, 2, 3, 9}) {
    CHECK(orders.found(limit) ==
          "X, 3: shelf, place -> places = a, 2\n"
          "y, 4: shelf, place -> places = b, 1\n"
          "y, 4: nowhere -> missing = z\n");
  }
}

TEST_CASE("a foreign key that does not fit is told, and none is found where none is declared") {
  Orders plain("CREATE TABLE orders(id INTEGER PRIMARY KEY);");
  CHECK(plain.found().empty());
  Orders orders(std::string(kUsers) +
                "CREATE TABLE orders(id INTEGER PRIMARY KEY, u TEXT REFERENCES users(name));");
  const auto store = orders.world->stores.reader({1});
  const auto keys = runtime::foreign_keys_of(**store, "orders");
  REQUIRE_FALSE(keys);
  CHECK(keys.error().message ==
        "the foreign key `u -> users` of `orders` does not fit the table that it refers to");
}

TEST_CASE("a comparison counts orphans beside drift, and lists them all") {
  Orders orders(std::string(kUsers) +
                "CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users);"
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) "
                "INSERT INTO orders SELECT i, i FROM n; INSERT INTO users VALUES(30, 'x');");
  run_sql(orders.folder / "old.db",
          "CREATE TABLE orders(id INTEGER PRIMARY KEY);"
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) "
          "INSERT INTO orders SELECT i FROM n;");
  const auto list = orders.folder / "list.jsonl";
  const auto result = orders.compare({.list = list});
  CHECK(result.drift() == 0);
  CHECK(result.orphans() == 29);
  CHECK(result.findings() == 29);
  CHECK(result.datasets[0].orphans == 29);
  CHECK(result.first_orphans.size() == runtime::kShownOrphans);
  CHECK(runtime::print_summary(orders.plan, result) ==
        "drift new=0; source=0; rejected=0; compared=30; complete; orphans=29");
  const std::string lines = lines_of(list);
  CHECK(std::ranges::count(lines, '\n') == 29);
  CHECK(lines.find(R"({"class":"orphan","constraint":"user_id -> users","dataset":"new",)"
                   R"("key":"29","value":"29"})") != std::string::npos);
  // A sample says nothing of them.
  CHECK(orders.compare({.sample = plan::Ratio::percent(50)}).orphans() == 0);
}

TEST_CASE("what SQLite noted of AUTOINCREMENT is behind where a row is beyond it") {
  Orders orders(
      "CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO orders VALUES(41);");
  run_sql(orders.folder / "old.db",
          "CREATE TABLE orders(id INTEGER PRIMARY KEY);"
          "INSERT INTO orders VALUES(41);");
  CHECK(orders.compare().behind.empty());
  run_sql(orders.folder / "new.db", "UPDATE sqlite_sequence SET seq = 7");
  // Until the new side leads nobody asks it for a number.
  const auto before = orders.compare();
  REQUIRE(before.behind.size() == 1);
  CHECK(before.findings() == 0);
  CHECK(runtime::print_summary(orders.plan, before) ==
        "drift new=0; source=0; rejected=0; compared=1; complete; "
        "sequences to move at the cutover=1");
  const auto list = orders.folder / "list.jsonl";
  const auto after = orders.compare({.leads = plan::Side::New, .list = list});
  CHECK(after.findings() == 1);
  CHECK(after.drift() == 0);
  CHECK(runtime::print_summary(orders.plan, after) ==
        "drift new=0; source=0; rejected=0; compared=1; complete; sequences behind=1");
  CHECK(*after.behind[0].next == 8);
  CHECK(lines_of(list) ==
        R"({"class":"sequence behind","dataset":"new","field":"id","highest":41,"is_wrong":true,)"
        R"("mend":"UPDATE sqlite_sequence SET seq = 41 WHERE name = 'orders';","next":8,)"
        R"("sequence":"sqlite_sequence"})"
        "\n");
  run_sql(orders.folder / "new.db", after.behind[0].mend);
  CHECK(orders.compare({.leads = plan::Side::New}).findings() == 0);
}

TEST_CASE("the step says what it found once the new side leads") {
  Orders orders(
      "CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO orders VALUES(41);"
      "UPDATE sqlite_sequence SET seq = 7");
  run_sql(orders.folder / "old.db",
          "CREATE TABLE orders(id INTEGER PRIMARY KEY);"
          "INSERT INTO orders VALUES(41);");
  orders.plan.steps[0].action = plan::RouteWrites{.to = plan::Side::New};
  TestWorld& world = *orders.world;
  world.fence();
  const auto said = [&] {
    const auto done = world.finish(*runtime::make_verify(orders.plan, plan::Verify{}, {1}));
    if (!done) FAIL(done.error().message);
    return std::get<runtime::Done>(done->what).summary;
  };
  CHECK(said().ends_with("; sequences to move at the cutover=1"));
  world.state().steps[0].status = plan::StepStatus::Done;
  CHECK(said().ends_with("; sequences behind=1"));
}

TEST_CASE("an orphan is looked at again once the follower has passed") {
  const auto compared = [](int mended_before) {
    Orders orders(std::string(kUsers) +
                  "CREATE TABLE orders(id INTEGER PRIMARY KEY, a INTEGER REFERENCES users(id), "
                  "b INTEGER REFERENCES users(id)); INSERT INTO orders VALUES(1, 5, 6);");
    run_sql(orders.folder / "old.db",
            "CREATE TABLE orders(id INTEGER PRIMARY KEY);"
            "INSERT INTO orders VALUES(1);");
    TestWorld& test = *orders.world;
    test.fence();
    REQUIRE(runtime::start_following(test.world, {0}));
    test.state().steps[0].status = plan::StepStatus::Done;
    runtime::Comparison comparison(test.world, {1}, {});
    for (int slice = 0;; ++slice) {
      if (slice == mended_before)
        run_sql(orders.folder / "new.db", "INSERT INTO users VALUES(5, 'x'), (6, 'y')");
      const auto is_done = comparison.advance(test.world);
      if (!is_done) FAIL(is_done.error().message);
      if (*is_done) return std::pair(slice, comparison.result().orphans());
    }
  };
  const auto [last, orphans] = compared(-1);
  CHECK(orphans == 2);
  for (int slice = 0; slice <= last; ++slice) {
    INFO(slice);
    CHECK(compared(slice).second == 0);
  }
}

TEST_CASE("an orphan is confirmed at once where nothing is on its way, else at the third look") {
  Orders orders(std::string(kUsers) +
                "CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users);"
                "INSERT INTO orders VALUES(1, 5), (2, 6);");
  const auto suspects = orders.orphans();
  REQUIRE(suspects.size() == 2);
  runtime::Reconciliation result{.datasets = {{.dataset = kOrders, .orphans = 2}},
                                 .first_orphans = suspects};
  runtime::OrphanRecheck recheck(orders.plan, orders.world->stores);
  recheck.tell(result);
  CHECK(result.orphans() == 2);  // nobody has looked
  REQUIRE(recheck.suspect(suspects));
  REQUIRE(recheck.judge(false));
  CHECK_FALSE(recheck.is_done());
  run_sql(orders.folder / "new.db", "INSERT INTO users VALUES(6, 'late')");
  REQUIRE(recheck.judge(false));
  CHECK_FALSE(recheck.is_done());
  REQUIRE(recheck.judge(false));
  CHECK(recheck.is_done());
  recheck.tell(result);
  CHECK(result.orphans() == 1);
  REQUIRE(result.first_orphans.size() == 1);
  CHECK(result.first_orphans[0].key == "1");
  runtime::OrphanRecheck settled(orders.plan, orders.world->stores);
  REQUIRE(settled.suspect(suspects));
  REQUIRE(settled.judge(true));
  CHECK(settled.is_done());
}
