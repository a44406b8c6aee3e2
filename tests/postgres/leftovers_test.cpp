// What mig leaves in a database of PostgreSQL's, and its removal.
#include "runtime/stores/leftovers.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/stores/change_triggers.hpp"
#include "runtime/stores/guard.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "tests/support/postgres_server.hpp"

using namespace mig::runtime;
using mig::tests::PostgresServer;

namespace {

struct Shop {
  std::string url = PostgresServer::shared().create_database();
  Database database = opened(url);

  Shop() {
    PostgresServer::shared().run(url, R"sql(
CREATE TABLE users(id bigint PRIMARY KEY, name text);
CREATE TABLE "Old users"(id bigint PRIMARY KEY);
INSERT INTO users VALUES (1, 'Ada');
CREATE FUNCTION mig_control(i int) RETURNS int LANGUAGE sql AS 'SELECT i';
CREATE TABLE miginctlx(i int))sql");
  }

  static Database opened(const std::string& url) {
    auto database = open_postgres(url);
    if (!database) FAIL(database.error().message);
    return std::move(*database);
  }

  // As a run leaves it that was killed.
  void begin_run() const {
    const Authority runner{.journal = "journal", .run = "run", .epoch = 3};
    REQUIRE(install_fence(database, {"users"}, runner, 1));
    REQUIRE(install_guard(database, "Old users", "mig moved it"));
    const WatchedTable users{.table = "users", .key = {"id"}};
    REQUIRE(make_log(database, "\"mig_ctl_log_users\"", users));
    REQUIRE(watch(database, "\"mig_ctl_log_users\"", users));
    REQUIRE(database.execute("INSERT INTO users VALUES (2, 'Bob')"));
  }

  void route(const std::string& share, const std::string& authority) const {
    REQUIRE(database.execute(
        "CREATE TABLE IF NOT EXISTS routes(router text PRIMARY KEY, version bigint NOT NULL, "
        "epoch bigint NOT NULL, reads_share bigint NOT NULL, writes_authority text NOT NULL, "
        "fresh_until text, document text NOT NULL)"));
    REQUIRE(database.execute("DELETE FROM routes"));
    REQUIRE(database.execute("INSERT INTO routes VALUES ('glue', 1, 1, " + share + ", '" +
                             authority + "', NULL, '{}')"));
  }

  Leftovers left() const {
    auto found = leftovers(database);
    if (!found) FAIL(found.error().message);
    return std::move(*found);
  }
};

std::vector<std::string> names(const Leftovers& found) {
  std::vector<std::string> names;
  for (const Leftover& thing : found.things)
    names.push_back(thing.type + " " + thing.name + " " + thing.about);
  return names;
}

}  // namespace

TEST_CASE("what a killed run left in PostgreSQL is found by its names") {
  const Shop shop;
  CHECK(shop.left().empty());
  shop.begin_run();
  const Leftovers found = shop.left();
  CHECK(names(found) ==
        std::vector<std::string>{
            "trigger mig_ctl_guard_Old users refuses writes to `Old users`",
            "trigger mig_ctl_guard_truncate_Old users refuses TRUNCATE of `Old users`",
            "trigger mig_ctl_log_truncate_users refuses TRUNCATE of `users`",
            "trigger mig_ctl_log_users notes which rows of `users` change",
            "function mig_ctl_guard_Old users is what triggers on `Old users` run",
            "function mig_ctl_log_users is what triggers on `users` run",
            "table mig_ctl_applied says how far steps came: 0",
            "table mig_ctl_block keeps fingerprints of copied pages: 0",
            "table mig_ctl_fence says which runs may write here: 1",
            "table mig_ctl_log_users is the changelog of `users`: 1 entries",
            "table mig_ctl_meta says which store this is",
            "table mig_ctl_reject keeps dead letters: 0, 0 of them open",
            "table mig_ctl_run keeps the names of runs that ended here: 0"});
  REQUIRE(found.fences.size() == 1);
  CHECK(found.fences[0].run == "run");
}

TEST_CASE("removal opens PostgreSQL's tables again and leaves what is not mig's") {
  const Shop shop;
  shop.begin_run();
  const auto things = shop.left().things;
  {
    const auto transaction = Transaction::begin_write(shop.database);
    REQUIRE(transaction);
    REQUIRE(remove_leftovers(shop.database, things));
    CHECK(shop.left().empty());
  }
  CHECK(shop.left().things.size() == things.size());  // all of it or nothing

  auto transaction = Transaction::begin_write(shop.database);
  REQUIRE(transaction);
  REQUIRE(remove_leftovers(shop.database, things));
  REQUIRE(remove_leftovers(shop.database, things));  // gone is gone
  REQUIRE(transaction->commit());
  CHECK(shop.left().empty());
  REQUIRE(shop.database.execute("INSERT INTO \"Old users\" VALUES (1)"));
  REQUIRE(shop.database.execute("INSERT INTO users VALUES (3, 'Eve'); TRUNCATE \"Old users\""));
  CHECK(PostgresServer::shared().ask(shop.url, "SELECT count(*) FROM users") == "3");
  CHECK(PostgresServer::shared().ask(shop.url, "SELECT mig_control(7)") == "7");
  CHECK(PostgresServer::shared().ask(shop.url, "SELECT count(*) FROM miginctlx") == "0");
}

TEST_CASE("a routing table of PostgreSQL's is known by its columns and their types") {
  const Shop shop;
  REQUIRE(shop.database.execute(
      "CREATE TABLE like_routes(router text, version bigint, epoch bigint, reads_share text, "
      "writes_authority text, fresh_until text, document text)"));
  CHECK(shop.left().empty());
  shop.route("50000000", "old");
  Leftovers found = shop.left();
  CHECK(names(found) ==
        std::vector<std::string>{"table routes tells applications where to go; `glue`: 5% of the "
                                 "reads to new, writes to old"});
  CHECK(found.things.at(0).leads_to_new);
  shop.route("0", "old");
  found = shop.left();
  CHECK(found.things.at(0).is_route);
  CHECK_FALSE(found.things.at(0).leads_to_new);
  shop.route("0", "new");
  CHECK(shop.left().things.at(0).leads_to_new);
}
