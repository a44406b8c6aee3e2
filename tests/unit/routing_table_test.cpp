#include "runtime/traffic/routing_table.hpp"

#include <catch2/catch.hpp>

#include "tests/support/routed_users.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace std::chrono_literals;

namespace {

using Application = tests::RoutedUsers;

constexpr Instant kNow{1772366400s};

std::int64_t number(const Database& database, const std::string& sql) {
  auto statement = database.prepare(sql).value();
  REQUIRE(statement.step().value());
  return statement.integer(0);
}

std::int64_t tables(const Database& database) {
  return number(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'mig_routes'");
}

}  // namespace

TEST_CASE("a row says in columns what its document says") {
  Application world;
  CHECK(world.router->read()->version == 0);
  Routes routes = world.moved();
  routes.fresh_until = kNow + 10s;
  REQUIRE(world.router->write(routes, world.runner, kNow));
  const auto read = world.router->read();
  REQUIRE(read);
  CHECK(read->reads == routes.reads);
  CHECK(read->writes == routes.writes);
  CHECK(read->fresh_until == routes.fresh_until);
  const Database application = world.connection();
  CHECK(number(application,
               "SELECT count(*) FROM mig_routes WHERE router = 'app_switch' AND version = 1 AND "
               "epoch = 3 AND reads_share = 50000000 AND writes_authority = 'old' AND fresh_until "
               "= '2026-03-01T12:00:10.000000Z' AND document ->> '$.reads.share' = 50000000") == 1);
}

TEST_CASE("the row is written under the store's fence") {
  Application world;
  REQUIRE(world.router->write(world.moved(), world.runner, kNow));
  Authority next = world.runner;
  next.epoch = 4;
  REQUIRE(install_fence(*world.stores.writer(plan::StoreId{0}).value(), {"users"}, next, 2));
  Routes back = world.router->read().value();
  back.reads = {};
  const auto refused = world.router->write(back, world.runner, kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Conflict);
  CHECK(number(world.connection(), "SELECT reads_share FROM mig_routes") == 50'000'000);
  REQUIRE(world.router->write(back, next, kNow));
  CHECK(number(world.connection(), "SELECT version FROM mig_routes") == 2);
}

TEST_CASE("a change of the row waits for a write that was decided by the old one") {
  Application world;
  REQUIRE(world.router->write(world.moved(), world.runner, kNow));
  const Database application = world.connection();
  auto writing = Transaction::begin_write(application);
  REQUIRE(writing);
  CHECK(number(application, "SELECT version FROM mig_routes") == 1);
  REQUIRE(application.execute("INSERT INTO users VALUES (7)"));
  // mig waits until the application's transaction has ended; here it gives up at once instead.
  const auto impatient = world.stores.writer(plan::StoreId{0}).value();
  REQUIRE(impatient->execute("PRAGMA busy_timeout = 0"));
  Routes back = world.router->read().value();
  back.writes = {.authority = plan::Side::None};
  const auto refused = world.router->write(back, world.runner, kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Transient);
  REQUIRE(writing->commit());
  REQUIRE(world.router->write(back, world.runner, kNow));
  CHECK(number(application, "SELECT writes_authority = 'none' FROM mig_routes") == 1);
}

TEST_CASE("what a caller's transaction takes back, the row takes back with it") {
  Application world;
  RoutingTable table(world.stores, plan::StoreId{0}, "mig_routes", {"split_users", "app_switch"},
                     initial_routes(world.plan));
  const Database& database = *world.stores.writer(plan::StoreId{0}).value();
  {
    auto transaction = Transaction::begin_write(database);
    REQUIRE(transaction);
    REQUIRE(table.write_within(database, world.moved(), world.runner, kNow));
  }
  CHECK(tables(world.connection()) == 0);
}

TEST_CASE("the table goes with its last row, and the rows of others stay") {
  Application world;
  const Routes before = world.router->read().value();
  RoutingTable other(world.stores, plan::StoreId{0}, "mig_routes", {"other", "other_switch"},
                     before);
  REQUIRE(other.write(world.moved(), world.runner, kNow));
  REQUIRE(world.router->write(world.moved(), world.runner, kNow));
  REQUIRE(world.router->restore(world.runner));
  CHECK(number(world.connection(), "SELECT count(*) FROM mig_routes") == 2);

  REQUIRE(world.router->write(before, world.runner, kNow));
  REQUIRE(world.router->restore(world.runner));
  CHECK(number(world.connection(), "SELECT count(*) FROM mig_routes") == 1);
  REQUIRE(other.write(before, world.runner, kNow));
  REQUIRE(other.restore(world.runner));
  CHECK(tables(world.connection()) == 0);
}

TEST_CASE("a table of somebody else is left alone") {
  Application world;
  REQUIRE(world.connection().execute("CREATE TABLE mig_routes (mine TEXT)"));
  const auto written = world.router->read();
  REQUIRE_FALSE(written);
  CHECK(written.error().kind == ErrorKind::Permanent);
}
