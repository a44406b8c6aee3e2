// Backups of tables of a real PostgreSQL, and what psql makes of them where the tables are gone.
#include "runtime/stores/postgres_backup.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/steps/structure.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::ErrorKind;

namespace {

// `users` and `orders` of one database, and a backup of both.
plan::Plan shop_of(const std::string& url) {
  using plan::Type;
  plan::Plan plan;
  plan.name = "shop";
  plan.stores = {{.name = "app", .kind = plan::StoreKind::Postgres, .location = {url, false}}};
  plan.entities = {{"Row", {field("id", Type::of(plan::Base::I64), true)}, {}}};
  plan.datasets = {{"orders", {0}, {0}, "orders", {}}, {"users", {0}, {0}, "Old \"users\"", {}}};
  plan.from = {0};
  plan.to = {{1}};
  plan.steps = {step("z/backup#1", plan::Backup{{{0}, {1}}, "kept/shop.db", {}})};
  return plan;
}

struct Shop {
  explicit Shop(const std::string& sql) : url(PostgresServer::shared().create_database()) {
    run(sql);
    plan = shop_of(url);
    test.emplace(plan, folder.path());
    test->fence();
  }

  void run(const std::string& sql) const { PostgresServer::shared().run(url, sql); }
  std::string ask(const std::string& sql) const { return PostgresServer::shared().ask(url, sql); }
  std::unique_ptr<runtime::Step> backup() const {
    return runtime::make_backup(plan, std::get<plan::Backup>(plan.steps[0].action), {0});
  }
  // What `mig_restore` says is given to psql, as an operator would do it.
  std::string restore(const std::string& into) const {
    const std::string out = (folder / "restored").string();
    const std::string command = fmt::format(
        "sqlite3 -readonly '{}' 'SELECT line FROM mig_restore' | psql -X '{}' > '{}' 2>&1",
        (folder / "kept/shop.db").string(), into, out);
    return std::system(command.c_str()) == 0 ? "" : "psql failed, see " + out;
  }

  // All that a restore is to bring back, mig's own left out.
  static std::string image(const std::string& url) {
    const auto database = runtime::open_postgres(url);
    REQUIRE(database);
    std::string text = *runtime::schema_text(*database);
    for (const char* of :
         {"SELECT t::text FROM orders t ORDER BY 1",
          "SELECT t::text FROM \"Old \"\"users\"\"\" t "
          "ORDER BY 1",
          "SELECT concat(relname, relacl, relpersistence, reloptions) "
          "FROM pg_class WHERE relname IN ('orders', 'Old \"users\"') ORDER BY 1",
          "SELECT concat(sequencename, last_value, increment_by, data_type) FROM pg_sequences "
          "ORDER BY 1",
          "SELECT concat(tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"}) {
      auto rows = database->prepare(of);
      if (!rows) FAIL(rows.error().message);
      while (*rows->step())
        text += std::string(rows->text(0)) + "\n";
    }
    return text;
  }

  std::string url;
  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> test;
};

// Where two images part; they are too long to be shown.
std::string difference(const std::string& left, const std::string& right) {
  if (left == right) return "";
  std::size_t at = 0;
  while (at < left.size() && at < right.size() && left[at] == right[at])
    ++at;
  const std::size_t from = at < 200 ? 0 : at - 200;
  return left.substr(from, 400) + "\n  and not\n" + right.substr(from, 400);
}

bool is_done(const runtime::Result<runtime::Outcome>& outcome) {
  if (!outcome) FAIL(outcome.error().message);
  return std::holds_alternative<runtime::Done>(outcome->what);
}

// Types and values that go wrong where somebody takes them for something simpler.
constexpr const char* kStrange = R"sql(
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN digest AS bytea;
CREATE TYPE pair AS (a int, b text);
CREATE COLLATION plain (provider = libc, locale = 'C');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.note := 'touched'; RETURN NEW; END $$;
CREATE TABLE "Old ""users"""(id serial PRIMARY KEY, name text COLLATE plain UNIQUE)
  WITH (fillfactor = 70);
CREATE UNLOGGED TABLE orders(
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5) PRIMARY KEY,
  "Id" positive DEFAULT 1, "iD" smallint, note text DEFAULT E'a\tb\\', fixed char(5), flag bool,
  amount numeric, price numeric(12, 2), near real, far float8, raw bytea, at timestamptz,
  local timestamp, day date, clock time, span interval, doc json, docs jsonb, tree xml, who uuid,
  moods mood[], parts pair[], range int4range, bits bit varying, place point, net inet, one "char",
  cash money, huge text, print digest DEFAULT '\x5c00', prints digest[],
  owner int REFERENCES "Old ""users""" ON DELETE CASCADE,
  twice bigint GENERATED ALWAYS AS (id * 2) STORED,
  CONSTRAINT "is ok" CHECK (note <> 'it''s wrong'), EXCLUDE USING gist (range WITH &&));
CREATE INDEX "by day" ON orders(day DESC) WHERE flag;
CREATE TRIGGER touched BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE orders DISABLE TRIGGER touched;
CREATE TRIGGER "also touched" BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
GRANT SELECT, INSERT ON orders TO pg_monitor WITH GRANT OPTION;
GRANT SELECT ON "Old ""users""" TO PUBLIC;
INSERT INTO "Old ""users"""(name) VALUES ('Ada'), (''), (NULL), ('\.'), ('\N'), (E'\x7f\x1b[1m');
INSERT INTO orders("Id", "iD", note, fixed, flag, amount, price, near, far, raw, at, local, day,
    clock, span, doc, docs, tree, who, moods, parts, range, bits, place, net, one, cash, huge,
    owner)
  VALUES
  (7, -32768, E'tab\there\nnew\r\nline \\ \\N \\. \x01\x02 \u00a0 \U0001F600 ''"', 'ab', true,
   'NaN', -0.10, 'Infinity', 0.1, '\x00ff0a5c', '4000-01-01 BC', 'infinity', '-infinity',
   '24:00', '-1 year 2 days -03:04:05.000006', '{ "a" : 1.50, "a": 2 }', '{"b": 1e400}',
   '<a> &amp; </a>', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{sad,NULL,"it''s ok"}',
   ARRAY[ROW(1, 'x,"y'), ROW(NULL, '')]::pair[], '[1,5)', B'0101', '(0.1,-2)', '10.0.0.0/8', 'x',
   1234.5, repeat(E'\\\t', 70000), 1),
  (1, NULL, '', '', false, 1e100, NULL, -0.0::real, 'NaN', '', '2026-01-02 03:04:05.000006+05:30',
   NULL, NULL, NULL, NULL, 'null', 'null', NULL, NULL, '{}', NULL, NULL, '', NULL, NULL, NULL,
   NULL, '', NULL);
INSERT INTO orders("Id") SELECT 1 + i % 3 FROM generate_series(1, 2500) i;
)sql";

}  // namespace

TEST_CASE("a backup of tables holds what psql needs to make them again where they are gone") {
  Shop shop(kStrange);
  const std::string before = Shop::image(shop.url);
  REQUIRE(is_done(shop.test->finish(*shop.backup())));
  const auto file = shop.folder / "kept/shop.db";
  CHECK_FALSE(std::filesystem::exists(file.string() + ".partial"));
  CHECK(rows_of(file, "SELECT dataset, store, place, table_name, rows FROM mig_backup") ==
        "orders|app|public.orders|orders|2502\n"
        "users|app|public.\"Old \"\"users\"\"\"|Old \"users\"|6\n");
  CHECK(rows_of(file, "SELECT id, \"Id_2\", \"iD_3\" FROM orders LIMIT 1") == "10|7|-32768\n");
  CHECK(rows_of(file, "SELECT far, hex(raw), typeof(flag) FROM orders LIMIT 1") ==
        "0.1|00FF0A5C|integer\n");

  SECTION("in the place where they stood") {
    // Names that stand in the definition of one and are there when the other is made.
    shop.run("DROP TABLE orders; DROP TABLE \"Old \"\"users\"\"\"");
    CHECK(shop.restore(shop.url) == "");
    CHECK(difference(before, Shop::image(shop.url)) == "");
    // It goes on behind the last one.
    CHECK(shop.ask("INSERT INTO orders(note) VALUES ('next') RETURNING id") == "12520");
    CHECK(shop.ask("INSERT INTO \"Old \"\"users\"\"\"(name) VALUES ('next') RETURNING id") == "7");
  }
  SECTION("not where one of them is still there, and then nothing happens") {
    shop.run("DROP TABLE orders");
    CHECK(shop.restore(shop.url) != "");
    CHECK(shop.ask("SELECT to_regclass('orders') IS NULL") == "t");
    CHECK(shop.ask("SELECT count(*) FROM \"Old \"\"users\"\"\"") == "6");
  }
  SECTION("another one of the same run is the same one") {
    REQUIRE(is_done(shop.test->finish(*shop.backup())));
  }
  SECTION("taken back, the file is gone") {
    REQUIRE(is_done(shop.backup()->undo(shop.test->world)));
    CHECK_FALSE(std::filesystem::exists(file));
  }
}

namespace {

constexpr const char* kBalanced =
    "CREATE TABLE orders(id bigint PRIMARY KEY, amount int);"
    "CREATE TABLE \"Old \"\"users\"\"\"(id bigint PRIMARY KEY, amount int);"
    "INSERT INTO orders SELECT i, 5 FROM generate_series(1, 3000) i;"
    "INSERT INTO \"Old \"\"users\"\"\" SELECT i, 5 FROM generate_series(1, 3000) i;";

}  // namespace

TEST_CASE("a backup of tables is of one moment, whoever writes") {
  Shop shop(kBalanced);
  const auto backup = shop.backup();
  int slices = 0;
  while (!is_done(backup->advance(shop.test->world))) {
    // What leaves one table comes to the other.
    shop.run(
        fmt::format("BEGIN; DELETE FROM orders WHERE id % 7 = {0}; INSERT INTO \"Old "
                    "\"\"users\"\"\" VALUES (10000 + {1}, 1); UPDATE \"Old \"\"users\"\"\" "
                    "SET amount = amount + 1; COMMIT",
                    slices % 7, slices));
    if (slices++ == 1) {
      // Readers do no less: emptied at once, a table would look empty to who began before.
      const auto other =
          runtime::open_postgres(shop.url, {.lock_wait = std::chrono::milliseconds(1)});
      CHECK_FALSE(other->execute("TRUNCATE \"Old \"\"users\"\"\""));
    }
  }
  CHECK(slices > 6);
  const auto file = shop.folder / "kept/shop.db";
  for (const char* table : {"orders", "\"Old \"\"users\"\"\""}) {
    CHECK(rows_of(file, fmt::format("SELECT count(*), min(id), max(id), sum(amount) FROM {}",
                                    table)) == "3000|1|3000|15000\n");
  }
}

TEST_CASE("tables are held before the moment of a backup, as an emptied one has no former moment") {
  Shop shop(kBalanced);
  const auto snapshot = runtime::StoreSnapshot::take(shop.test->stores, {0});
  REQUIRE(snapshot);
  REQUIRE(runtime::hold_tables((*snapshot)->database, {"orders"}));
  const auto other = runtime::open_postgres(shop.url, {.lock_wait = std::chrono::milliseconds(1)});
  CHECK_FALSE(other->execute("TRUNCATE orders"));
}

TEST_CASE("a backup that lost its server begins again, and is of a later moment") {
  Shop shop(kBalanced);
  const auto backup = shop.backup();
  REQUIRE_FALSE(is_done(backup->advance(shop.test->world)));
  REQUIRE_FALSE(is_done(backup->advance(shop.test->world)));
  shop.run("UPDATE orders SET amount = 7");
  shop.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
      "AND datname = current_database() AND state = 'idle in transaction'");
  const auto lost = backup->advance(shop.test->world);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::Transient);
  REQUIRE(is_done(shop.test->finish(*backup)));
  CHECK(rows_of(shop.folder / "kept/shop.db", "SELECT count(*), sum(amount) FROM orders") ==
        "3000|21000\n");
}

TEST_CASE("a backup that reads back as something else is none") {
  Shop shop(kBalanced);
  const auto backup = shop.backup();
  const auto partial = shop.folder / "kept/shop.db.partial";
  runtime::Result<runtime::Outcome> outcome = runtime::Outcome{};
  bool is_bent = false;
  do {
    outcome = backup->advance(shop.test->world);
    // The view comes with the last page: all is written, and nothing is read back.
    if (!is_bent && outcome &&
        rows_of(partial, "SELECT count(*) FROM sqlite_schema WHERE type = 'view'") == "1\n") {
      run_sql(partial, "UPDATE orders SET amount = 6 WHERE id = 2999");
      is_bent = true;
    }
  } while (outcome && !is_done(outcome));
  REQUIRE(is_bent);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::Permanent);
  CHECK(outcome.error().message.find("reads back as") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(shop.folder / "kept/shop.db"));
}

TEST_CASE("a role that is shown some of the rows backs up none") {
  Shop shop(std::string(kBalanced) +
            "CREATE ROLE half LOGIN; GRANT ALL ON SCHEMA public TO half;"
            "GRANT SELECT ON orders, \"Old \"\"users\"\"\" TO half;"
            "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY few ON orders USING (id < 10)");
  plan::Plan plan = shop_of(PostgresServer::shared().as_role(shop.url, "half"));
  TestWorld test(plan, shop.folder.path());
  const auto backup = runtime::make_backup(plan, std::get<plan::Backup>(plan.steps[0].action), {0});
  shop.run("GRANT ALL ON ALL TABLES IN SCHEMA public TO half");
  const auto refused = test.finish(*backup);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Permanent);
}
