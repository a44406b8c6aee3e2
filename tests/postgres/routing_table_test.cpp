// Routing documents in a table of PostgreSQL's.
#include "runtime/traffic/routing_table.hpp"

#include <libpq-fe.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/stores/postgres_database.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/routed_users.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace std::chrono_literals;
using tests::PostgresServer;

namespace {

constexpr Instant kNow{1772366400s};

Database opened(const std::string& url) {
  auto database = open_postgres(url);
  if (!database) FAIL(database.error().message);
  return std::move(*database);
}

// The documents of a plan, in a database instead of the plan's own store.
struct RoutedShop {
  tests::RoutedUsers world;
  std::string url = PostgresServer::shared().create_database();
  Database database = opened(url);
  RoutingTable table{
      world.stores, {0}, "Mig routes", {"split_users", "glue"}, initial_routes(world.plan)};

  void write(const Routes& wanted) const {
    auto transaction = Transaction::begin_write(database);
    REQUIRE(transaction);
    REQUIRE(table.write_within(database, wanted, world.runner, kNow));
    REQUIRE(transaction->commit());
  }
  std::string ask(const std::string& sql) const { return PostgresServer::shared().ask(url, sql); }
};

// An application that listens.
struct Listener {
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection;

  explicit Listener(const std::string& url) : connection(PQconnectdb(url.c_str()), PQfinish) {
    run("LISTEN \"Mig routes\"");
  }
  void run(const char* sql) const {
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(connection.get(), sql),
                                                               PQclear);
    const auto status = PQresultStatus(answer.get());
    REQUIRE((status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK));
  }
  // What was heard since the last call.
  std::vector<std::string> heard() const {
    run("SELECT 1");
    std::vector<std::string> payloads;
    while (PGnotify* one = PQnotifies(connection.get())) {
      payloads.emplace_back(one->extra);
      PQfreemem(one);
    }
    return payloads;
  }
};

}  // namespace

TEST_CASE("a row of PostgreSQL's says in columns what its document says") {
  RoutedShop shop;
  CHECK(shop.table.read_within(shop.database)->version == 0);
  Routes routes = shop.world.moved();
  routes.fresh_until = kNow + 10s;
  shop.write(routes);
  const auto read = shop.table.read_within(shop.database);
  REQUIRE(read);
  CHECK(read->reads == routes.reads);
  CHECK(read->writes == routes.writes);
  CHECK(read->fresh_until == routes.fresh_until);
  CHECK(shop.ask(R"sql(SELECT router || ' ' || version || ' ' || epoch || ' ' || reads_share || ' '
    || writes_authority || ' ' || fresh_until || ' ' || (document::json -> 'reads' ->> 'share')
    FROM "Mig routes")sql") == "glue 1 3 50000000 old 2026-03-01T12:00:10.000000Z 50000000");
  routes.reads.share = plan::Ratio::percent(7);
  routes.fresh_until.reset();
  shop.write(routes);
  CHECK(shop.ask(R"sql(SELECT count(*) FROM "Mig routes" WHERE version = 2 AND fresh_until IS NULL
    AND reads_share = 70000000)sql") == "1");
}

TEST_CASE("who listens hears of a change at its commit, and only then") {
  RoutedShop shop;
  const Listener application(shop.url);
  {
    auto transaction = Transaction::begin_write(shop.database);
    REQUIRE(transaction);
    REQUIRE(shop.table.write_within(shop.database, shop.world.moved(), shop.world.runner, kNow));
    CHECK(application.heard().empty());
  }
  CHECK(application.heard().empty());
  CHECK(shop.table.read_within(shop.database)->version == 0);
  shop.write(shop.world.moved());
  CHECK(application.heard() == std::vector<std::string>{"1"});
  shop.write(shop.table.read_within(shop.database).value());  // nothing changes
  CHECK(application.heard().empty());
}

TEST_CASE("a change of PostgreSQL's row waits for a write that was decided by the old one") {
  RoutedShop shop;
  shop.write(shop.world.moved());
  const Database application = opened(shop.url);
  auto writing = Transaction::begin_write(application);
  REQUIRE(writing);
  REQUIRE(application.execute("SELECT version FROM \"Mig routes\" FOR SHARE"));
  Routes back = shop.table.read_within(shop.database).value();
  back.writes = {.authority = plan::Side::None};
  {
    auto transaction = Transaction::begin_write(shop.database);
    REQUIRE(transaction);
    REQUIRE(shop.database.execute("SET LOCAL lock_timeout = 1"));
    const auto refused = shop.table.write_within(shop.database, back, shop.world.runner, kNow);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Transient);
  }
  REQUIRE(writing->commit());
  shop.write(back);
  CHECK(shop.ask("SELECT writes_authority FROM \"Mig routes\"") == "none");
}

TEST_CASE("PostgreSQL's table goes with its last row, and is told of") {
  RoutedShop shop;
  const Routes before = shop.table.read_within(shop.database).value();
  RoutingTable other(shop.world.stores, {0}, "Mig routes", {"other", "other_glue"}, before);
  shop.write(shop.world.moved());
  REQUIRE(other.write_within(shop.database, shop.world.moved(), shop.world.runner, kNow));
  REQUIRE(shop.table.restore_within(shop.database, shop.world.runner));
  CHECK(shop.ask("SELECT count(*) FROM \"Mig routes\"") == "2");  // it still leads somewhere

  shop.write(before);
  const Listener application(shop.url);
  REQUIRE(shop.table.restore_within(shop.database, shop.world.runner));
  CHECK(application.heard() == std::vector<std::string>{"0"});
  CHECK(shop.ask("SELECT string_agg(router, ' ') FROM \"Mig routes\"") == "other_glue");
  REQUIRE(other.write_within(shop.database, before, shop.world.runner, kNow));
  REQUIRE(other.restore_within(shop.database, shop.world.runner));
  CHECK(shop.ask("SELECT to_regclass('\"Mig routes\"') IS NULL") == "t");
}

TEST_CASE("a table of somebody else is left alone in PostgreSQL, and the transaction with it") {
  RoutedShop shop;
  REQUIRE(shop.database.execute("CREATE TABLE \"Mig routes\" (router text, mine text)"));
  auto transaction = Transaction::begin_write(shop.database);
  REQUIRE(transaction);
  const auto read = shop.table.read_within(shop.database);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::Permanent);
  CHECK(read.error().message.find("holds no routing documents") != std::string::npos);
  REQUIRE(shop.database.execute("INSERT INTO \"Mig routes\" VALUES ('a', 'b')"));
  REQUIRE(transaction->commit());
}
