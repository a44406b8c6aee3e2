// Room among rows of PostgreSQL's that are about to swap what is unique.
#include "runtime/stores/room.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/stores/places.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"

using namespace mig;
using namespace mig::runtime;
using plan::Base;
using plan::Type;
using tests::field;
using tests::PostgresServer;

namespace {

struct Shop {
  std::string url = PostgresServer::shared().create_database();
  Database database;
  plan::Plan plan;

  Shop(const std::string& sql, std::vector<plan::Field> fields) : database(opened(url, sql)) {
    plan.stores = {{.name = "app", .kind = plan::StoreKind::Postgres}};
    plan.entities = {{"User", std::move(fields), {}}};
    plan.datasets = {{"users", {0}, {0}, "users", {}}};
  }
  static Database opened(const std::string& url, const std::string& sql) {
    PostgresServer::shared().run(url, sql);
    auto database = open_postgres(url);
    if (!database) FAIL(database.error().message);
    return std::move(*database);
  }
  std::string place(std::int64_t id) const {
    Batch rows;
    rows.columns.emplace_back(Type::of(Base::I64));
    rows.columns.back().append_integer(id);
    return written_key(plan.entities[0], rows, 0);
  }
  std::string ask(const std::string& sql) const { return PostgresServer::shared().ask(url, sql); }
};

}  // namespace

TEST_CASE("rows of PostgreSQL's swap what is unique, and keep what a plan does not know") {
  const Shop shop(
      "CREATE TABLE users(id bigint PRIMARY KEY, email varchar(4) NOT NULL UNIQUE, "
      "nick text UNIQUE, note text); INSERT INTO users VALUES (1, 'a', 'x', 'n'), (2, 'b', 'y', "
      "'m')",
      {field("id", Type::of(Base::I64), true), field("email", Type::text(4)),
       field("nick", Type::text().as_optional())});
  auto transaction = Transaction::begin_write(shop.database);
  REQUIRE(transaction);
  auto room = Room::of(shop.database, shop.plan, {0});
  REQUIRE(room);
  for (const std::int64_t id : {1, 2, 3})
    CHECK(room->make(shop.place(id)).value());
  for (const char* sql : {"UPDATE users SET email = 'b', nick = 'y' WHERE id = 1",
                          "UPDATE users SET email = 'a', nick = 'x' WHERE id = 2"})
    REQUIRE(shop.database.execute(sql));
  REQUIRE(transaction->commit());
  CHECK(shop.ask("SELECT string_agg(email || nick || note, ' ' ORDER BY id) FROM users") ==
        "byn axm");
}

TEST_CASE("every type that PostgreSQL keeps unique has something to give way to") {
  const Shop shop(R"sql(
CREATE TYPE mood AS ENUM ('good', 'fair', 'bad');
CREATE DOMAIN amount AS numeric(5,2);
CREATE TABLE users(id bigint PRIMARY KEY,
  i2 int2 NOT NULL UNIQUE, i4 int4 NOT NULL UNIQUE, i8 int8 NOT NULL UNIQUE,
  f4 float4 NOT NULL UNIQUE, f8 float8 NOT NULL UNIQUE, a amount NOT NULL UNIQUE,
  n numeric NOT NULL UNIQUE, t text NOT NULL UNIQUE, c char(3) NOT NULL UNIQUE,
  b bytea NOT NULL UNIQUE, u uuid NOT NULL UNIQUE, d date NOT NULL UNIQUE, h time NOT NULL UNIQUE,
  s timestamp NOT NULL UNIQUE, z timestamptz NOT NULL UNIQUE, j jsonb NOT NULL UNIQUE,
  l int4[] NOT NULL UNIQUE, m mood NOT NULL, o bool NOT NULL, UNIQUE(i8, m, o));
INSERT INTO users VALUES (1, 1, 1, 1, 0, 0, 0, 0, '', '', '',
  '00000000-0000-0000-0000-000000000000', '1999-01-01', '00:00', '1999-01-01', '1999-01-01', '{}',
  '{1,2}', 'good', false))sql",
                  [] {
                    std::vector<plan::Field> fields = {field("id", Type::of(Base::I64), true)};
                    for (const char* name : {"i2", "i4", "i8", "f4", "f8", "a", "n", "t", "c", "b",
                                             "u", "d", "h", "s", "z", "j", "l", "m", "o"})
                      fields.push_back(field(name, Type::text()));
                    return fields;
                  }());
  auto transaction = Transaction::begin_write(shop.database);
  REQUIRE(transaction);
  auto room = Room::of(shop.database, shop.plan, {0});
  if (!room) FAIL(room.error().message);
  const auto made = room->make(shop.place(1));
  if (!made) FAIL(made.error().message);
  CHECK(*made);
  REQUIRE(transaction->commit());
  CHECK(shop.ask("SELECT count(*) FROM users WHERE i4 <> 1 AND i8 <> 1 AND f8 <> 0 AND n <> 0 "
                 "AND t <> '' AND length(c) = 3 AND length(b) = 16 AND d >= '2000-01-01' "
                 "AND s >= '2000-01-01' AND z >= '2000-01-01' AND j <> '{}' "
                 "AND cardinality(l) = 1 AND o") == "1");
}

TEST_CASE("a rule that refuses the stand-in leaves the row and the transaction as they were") {
  const Shop shop(
      "CREATE TABLE users(id bigint PRIMARY KEY, email text NOT NULL UNIQUE "
      "CHECK (email LIKE '%@%')); INSERT INTO users VALUES (1, 'a@b')",
      {field("id", Type::of(Base::I64), true), field("email", Type::text())});
  auto transaction = Transaction::begin_write(shop.database);
  REQUIRE(transaction);
  auto room = Room::of(shop.database, shop.plan, {0});
  REQUIRE(room);
  CHECK_FALSE(room->make(shop.place(1)).value());
  REQUIRE(shop.database.execute("INSERT INTO users VALUES (2, 'c@d')"));
  REQUIRE(transaction->commit());
  CHECK(shop.ask("SELECT string_agg(email, ' ' ORDER BY id) FROM users") == "a@b c@d");
}

TEST_CASE("where nothing but the key is unique nothing is done") {
  const Shop shop("CREATE TABLE users(id bigint PRIMARY KEY, name text)",
                  {field("id", Type::of(Base::I64), true), field("name", Type::text())});
  auto room = Room::of(shop.database, shop.plan, {0});
  REQUIRE(room);
  CHECK(room->make(shop.place(1)).value());
  CHECK_FALSE(shop.database.is_in_transaction());
}
