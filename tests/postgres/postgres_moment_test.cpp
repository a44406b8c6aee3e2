// Whose moment a moment is: of one table, database, server and timeline, and not for ever.
#include "runtime/stores/postgres_moment.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/stores/postgres_database.hpp"
#include "tests/support/postgres_server.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::PostgresServer;

namespace {

constexpr std::int64_t kRows = 10;
constexpr const char* kTable = "\"users\"";

// A table of ten rows.
class Watched {
 public:
  explicit Watched(PostgresServer& server = PostgresServer::shared())
      : server_(server), url_(server.create_database()) {
    run(fmt::format("CREATE TABLE users AS SELECT i AS id FROM generate_series(1, {}) i", kRows));
  }
  void run(const std::string& sql) const { server_.run(url_, sql); }
  Database open() const { return open_at(url_); }
  static Database open_at(const std::string& url) { return std::move(*open_postgres(url)); }
  const std::string& url() const { return url_; }
  std::string moment(const char* table = kTable) const {
    auto moment = postgres_moment(open(), table);
    REQUIRE(moment);
    return *moment;
  }
  bool is_as_at(const std::string& moment, const char* table = kTable) const {
    return is_as_at(open(), moment, table);
  }
  static bool is_as_at(const Database& database, const std::string& moment,
                       const char* table = kTable) {
    const auto is_same = runtime::is_as_at(database, table, moment, kRows);
    REQUIRE(is_same);
    return *is_same;
  }

 private:
  PostgresServer& server_;
  std::string url_;
};

}  // namespace

TEST_CASE("moment: a change that was under way is noticed, whenever it ends") {
  const Watched users;
  const Database client = users.open();
  REQUIRE(client.execute("BEGIN; UPDATE users SET id = 100 WHERE id = 1"));
  users.run("CREATE TABLE beside(id int)");  // a younger one that has ended
  const std::string moment = users.moment();
  CHECK(users.is_as_at(moment));
  REQUIRE(client.execute("COMMIT"));
  CHECK_FALSE(users.is_as_at(moment));
  CHECK(users.is_as_at(users.moment()));
}

TEST_CASE("moment: another table is another one, also under the same number elsewhere") {
  const Watched users;
  users.run("CREATE TABLE others AS SELECT * FROM users");
  const Watched elsewhere;
  const std::string name = PostgresServer::shared().ask(users.url(), "SELECT current_database()");
  elsewhere.run(fmt::format("CREATE DATABASE {0}_twin TEMPLATE {0}", name));
  std::string twin = users.url();
  twin.insert(twin.find('?'), "_twin");
  const std::string moment = users.moment();
  CHECK(users.is_as_at(moment));
  CHECK_FALSE(users.is_as_at(moment, "\"others\""));
  CHECK_FALSE(Watched::is_as_at(Watched::open_at(twin), moment));
}

TEST_CASE("moment: nothing is told of what is no plain table") {
  const Watched users;
  users.run(
      "CREATE VIEW seen AS SELECT * FROM users;"
      "CREATE TABLE parted(id int) PARTITION BY RANGE (id);"
      "CREATE TABLE parent(id int); CREATE TABLE child() INHERITS (parent);"
      "CREATE TABLE shown(id int); ALTER TABLE shown ENABLE ROW LEVEL SECURITY");
  for (const char* table : {"seen", "parted", "parent", "shown", "none"}) {
    INFO(table);
    CHECK(users.moment(table).empty());
  }
  const std::string moment = users.moment();
  users.run("ALTER TABLE users ENABLE ROW LEVEL SECURITY");
  CHECK_FALSE(users.is_as_at(moment));
  CHECK_FALSE(users.is_as_at(""));
}

TEST_CASE("moment: numbers of transactions are not compared over a billion of them") {
  const Watched users;
  const std::string moment = users.moment();
  const std::string place = moment.substr(moment.find(' '));
  CHECK_FALSE(users.is_as_at("-3000000000" + place));
}

TEST_CASE("moment: what a standby says, or a server that was one, is of another history") {
  PostgresServer server;
  const Watched users(server);
  const std::string moment = users.moment();
  CHECK(users.is_as_at(moment));
  users.run("COPY (SELECT 1) TO PROGRAM 'touch standby.signal'");
  users.run("CHECKPOINT");
  server.kill();
  server.restart();
  CHECK_FALSE(users.is_as_at(moment));
  users.run("SELECT pg_promote()");
  CHECK_FALSE(users.is_as_at(moment));
  CHECK(users.is_as_at(users.moment()));
}

TEST_CASE("moment: the first of several, where they are of one table") {
  CHECK(earliest_moment({"30 a", "10 a", "20 a"}) == "10 a");
  CHECK(earliest_moment({"10 a", "9 b"}).empty());
  CHECK(earliest_moment({}).empty());
}
