// Sequences and broken foreign keys of a PostgreSQL.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/data/reconcile.hpp"
#include "runtime/stores/orphans.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/sequences.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_stores.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::PostgresServer;

namespace {

class Orders {
 public:
  explicit Orders(const std::string& sql, std::vector<plan::Field> fields)
      : url_(PostgresServer::shared().create_database()) {
    plan_.name = "orders";
    plan_.stores = {{.name = "new", .kind = plan::StoreKind::Postgres, .location = {url_}}};
    plan_.entities = {{"Order", std::move(fields), {}}};
    plan_.datasets = {{"orders", {0}, {0}, "Orders", {}}};
    plan_.from = {0};
    plan_.to = {{0}};
    run(sql);
    database_.emplace(std::move(*open_postgres(url_)));
  }

  void run(const std::string& sql) const { PostgresServer::shared().run(url_, sql); }
  std::string ask(const std::string& sql) const { return PostgresServer::shared().ask(url_, sql); }
  const Database& database() const { return *database_; }
  const plan::Plan& plan() const { return plan_; }
  const std::string& url() const { return url_; }

  std::string sequences() const {
    const auto all = read_sequences(*database_, plan_, {0});
    if (!all) FAIL(all.error().message);
    std::string text;
    for (const SequenceState& one : *all) {
      text += fmt::format("{} {} {}{}\n", one.field, one.next ? std::to_string(*one.next) : "?",
                          one.highest ? std::to_string(*one.highest) : "-",
                          one.is_behind() ? " behind" : "");
    }
    return text;
  }
  std::string orphans(std::size_t limit) const {
    const auto keys = foreign_keys_of(*database_, "Orders");
    if (!keys) FAIL(keys.error().message);
    std::string text;
    for (const ForeignKey& key : *keys) {
      const auto reader = OrphanReader::open(*database_, plan_, {0}, key);
      if (!reader) FAIL(reader.error().message);
      std::string after;
      for (bool is_last = false; !is_last;) {
        const auto part = reader->read(after, limit);
        if (!part) FAIL(part.error().message);
        for (const Orphan& one : part->orphans) {
          CHECK(*reader->is_orphan(one.place));
          text += fmt::format("{}: {} = {}\n", one.key, one.constraint, one.value);
        }
        after = part->last;
        is_last = part->is_last;
      }
    }
    return text;
  }

 private:
  std::string url_;
  plan::Plan plan_;
  std::optional<Database> database_;
};

plan::Field integer(const char* name, bool key = false) {
  return tests::field(name, plan::Type::of(plan::Base::I64), key);
}

}  // namespace

TEST_CASE("a sequence is behind until it is moved beyond the rows that were copied") {
  const Orders orders(
      "CREATE TABLE \"Orders\"(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
      "\"No\" serial UNIQUE, loose bigserial, down int, mine int DEFAULT 7);"
      "CREATE SEQUENCE falls INCREMENT -1 OWNED BY \"Orders\".down;"
      "ALTER TABLE \"Orders\" ALTER down SET DEFAULT nextval('falls')",
      {integer("id", true), integer("No"), integer("loose"), integer("down"), integer("mine")});
  CHECK(orders.sequences() == "id 1 -\nNo 1 -\nloose 1 -\n");
  orders.run(
      "INSERT INTO \"Orders\"(id, \"No\", loose, down) OVERRIDING SYSTEM VALUE "
      "VALUES(1, 2, 3, 5)");
  CHECK(orders.sequences() == "id 1 1 behind\nNo 1 2 behind\nloose 1 3 behind\n");
  REQUIRE(pass_copied_keys(orders.database(), orders.plan(), {0}));
  // Without an index nothing is unique there, and nobody waits for a look at every row.
  CHECK(orders.sequences() == "id 2 1\nNo 3 2\nloose 1 3 behind\n");
  const auto all = read_sequences(orders.database(), orders.plan(), {0});
  REQUIRE(all);
  CHECK((*all)[2].mend == "SELECT setval('public.\"Orders_loose_seq\"', 3);");
  orders.run((*all)[2].mend);
  CHECK(orders.sequences() == "id 2 1\nNo 3 2\nloose 4 3\n");
  CHECK(orders.ask(
            "INSERT INTO \"Orders\" DEFAULT VALUES RETURNING concat_ws(' ', id, \"No\", loose)") ==
        "2 3 4");
  CHECK(orders.sequences() == "id 3 2\nNo 4 3\nloose 5 4\n");
}

TEST_CASE("a sequence that has reached its end is behind") {
  const Orders orders(
      "CREATE TABLE \"Orders\"(id bigserial PRIMARY KEY);"
      "INSERT INTO \"Orders\" VALUES(9223372036854775807);"
      "SELECT setval('\"Orders_id_seq\"', 9223372036854775807)",
      {integer("id", true)});
  CHECK(orders.sequences() == "id 9223372036854775807 9223372036854775807 behind\n");
}

TEST_CASE("a sequence and a table that the role may not read are told apart from sound ones") {
  const Orders orders(
      "CREATE TABLE users(id bigint PRIMARY KEY);"
      "CREATE TABLE \"Orders\"(id bigserial PRIMARY KEY, user_id bigint "
      "CONSTRAINT of_user REFERENCES users);",
      {integer("id", true)});
  orders.run(
      "DO $$ BEGIN CREATE ROLE mig_looks; EXCEPTION WHEN duplicate_object THEN END $$;"
      "GRANT SELECT ON \"Orders\" TO mig_looks");
  REQUIRE(orders.database().execute("SET ROLE mig_looks"));
  CHECK(orders.sequences() == "id ? -\n");
  const auto keys = foreign_keys_of(orders.database(), "Orders");
  REQUIRE(keys);
  REQUIRE(keys->size() == 1);
  CHECK_FALSE((*keys)[0].is_readable);
}

TEST_CASE("rows that break a foreign key are found, also where it was never checked") {
  const Orders orders(
      "CREATE TABLE users(id bigint PRIMARY KEY);"
      "CREATE TABLE \"The places\"(\"Shelf\" text, place int, UNIQUE(\"Shelf\", place));"
      "INSERT INTO users VALUES(1); INSERT INTO \"The places\" VALUES('a', 1);"
      "CREATE TABLE \"Orders\"(name text, at timestamptz, user_id bigint, shelf text, place int, "
      "PRIMARY KEY(name, at));"
      "INSERT INTO \"Orders\" VALUES('x', '2026-01-01Z', 1, 'a', 1), "
      "('x', '2026-01-02Z', 2, NULL, NULL), ('y', '2026-01-01Z', NULL, 'a', NULL), "
      "('z', '2026-01-01Z', 3, 'b', 1);"
      "ALTER TABLE \"Orders\" ADD CONSTRAINT c_user FOREIGN KEY(user_id) REFERENCES users NOT "
      "VALID,"
      " ADD CONSTRAINT a_full FOREIGN KEY(shelf, place) REFERENCES \"The places\"(\"Shelf\", "
      "place) "
      "MATCH FULL NOT VALID, ADD CONSTRAINT b_simple FOREIGN KEY(shelf, place) "
      "REFERENCES \"The places\"(\"Shelf\", place) NOT VALID",
      {tests::field("name", plan::Type::text(), true),
       tests::field("at", plan::Type::of(plan::Base::Timestamp), true)});
  for (const std::size_t limit : {1, 2, 3, 9}) {
    CHECK(orders.orphans(limit) ==
          "y, 2026-01-01T00:00:00.000000Z: a_full = a, NULL\n"
          "z, 2026-01-01T00:00:00.000000Z: a_full = b, 1\n"
          "z, 2026-01-01T00:00:00.000000Z: b_simple = b, 1\n"
          "x, 2026-01-02T00:00:00.000000Z: c_user = 2\n"
          "z, 2026-01-01T00:00:00.000000Z: c_user = 3\n");
  }
}

TEST_CASE("what cannot be looked at is noted by a comparison") {
  const tests::TemporaryFolder folder;
  const Orders orders(
      "CREATE TABLE users(id bigint PRIMARY KEY);"
      "CREATE TABLE \"Orders\"(id bigserial PRIMARY KEY, user_id bigint "
      "CONSTRAINT of_user REFERENCES users); INSERT INTO \"Orders\" VALUES(5);",
      {integer("id", true)});
  Stores stores = tests::stores_of(orders.plan(), folder.path());
  const ReconcileOptions options{.leads = plan::Side::New, .scratch_folder = folder.path()};
  const auto owner = reconcile(orders.plan(), stores, options);
  if (!owner) FAIL(owner.error().message);
  CHECK(owner->findings() == 1);
  CHECK(owner->notes.empty());
  const auto reader = stores.reader({0});
  REQUIRE(reader);
  orders.run(
      "DO $$ BEGIN CREATE ROLE mig_looks; EXCEPTION WHEN duplicate_object THEN END $$;"
      "GRANT SELECT ON \"Orders\" TO mig_looks");
  REQUIRE((*reader)->execute("SET ROLE mig_looks"));
  const auto other = reconcile(orders.plan(), stores, options);
  if (!other) FAIL(other.error().message);
  CHECK(other->findings() == 0);
  CHECK(other->notes ==
        std::vector<std::string>{
            "the role may not read the sequence `public.\"Orders_id_seq\"` of `orders.id`",
            "nobody looked whether the rows of `orders` break `of_user`: the role may not read "
            "users"});
}
