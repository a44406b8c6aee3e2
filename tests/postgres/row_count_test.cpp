// Counting PostgreSQL's rows without keeping anybody waiting.
#include "runtime/stores/row_count.hpp"

#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "runtime/stores/postgres_database.hpp"
#include "tests/support/postgres_server.hpp"

using namespace mig;
using namespace mig::runtime;
using tests::PostgresServer;

namespace {

const SystemClock kClock;
constexpr auto kMinute = std::chrono::minutes(1);

Database opened(const std::string& url) {
  auto database = open_postgres(url, {.writes = false});
  if (!database) FAIL(database.error().message);
  return std::move(*database);
}

std::string filled() {
  PostgresServer& server = PostgresServer::shared();
  std::string url = server.create_database();
  server.run(url,
             "CREATE TABLE \"T\"(id bigint PRIMARY KEY); "
             "INSERT INTO \"T\" SELECT 2 * i FROM generate_series(1, 50000) i; ANALYZE; "
             "CREATE TABLE new(id bigint PRIMARY KEY)");
  return url;
}

}  // namespace

TEST_CASE("rows of PostgreSQL's are counted, and guessed where that takes too long") {
  const std::string url = filled();
  const Database database = opened(url);
  const auto counted = count_rows(database, "\"T\"", kClock, kMinute);
  REQUIRE(counted.has_value());
  CHECK(counted->rows == 50'000);
  CHECK(counted->is_exact);
  CHECK(integer_within(database, "SELECT max(id) FROM \"T\"", kClock, kMinute).value() == 100'000);
  CHECK_FALSE(integer_within(database, "SELECT 'x'", kClock, kMinute).value().has_value());

  // Whoever holds the table keeps the count from it, and the statistics are there all the same.
  const auto other = open_postgres(url);
  REQUIRE(other);
  {
    const auto holding = Transaction::begin_write(*other);
    REQUIRE(holding);
    REQUIRE(other->execute("LOCK TABLE \"T\", new"));
    const auto guessed = count_rows(database, "\"T\"", kClock, kMinute);
    REQUIRE(guessed.has_value());
    CHECK(guessed->rows == 50'000);
    CHECK_FALSE(guessed->is_exact);
    CHECK(guessed->is_guessed);
    CHECK_FALSE(count_rows(database, "new", kClock, kMinute).value().rows.has_value());
  }
  CHECK_FALSE(database.is_in_transaction());
  CHECK(count_rows(database, "new", kClock, kMinute).value().rows == 0);
}

TEST_CASE("a query of PostgreSQL's that takes too long is given up, and the limit with it") {
  const Database database = opened(filled());
  const auto endless =
      integer_within(database, "SELECT count(*) FROM generate_series(1, 100000000000)", kClock,
                     std::chrono::milliseconds(30));
  REQUIRE(endless.has_value());
  CHECK_FALSE(endless->has_value());
  auto limit = database.prepare("SHOW statement_timeout").value();
  REQUIRE(limit.step().value());
  CHECK(limit.text(0) == "0");
  CHECK(count_rows(database, "\"T\"", kClock, kMinute).value().rows == 50'000);
}

TEST_CASE("a table of PostgreSQL's that cannot be read is no table that takes too long") {
  const Database database = opened(filled());
  CHECK_FALSE(count_rows(database, "none", kClock, kMinute).has_value());
  CHECK_FALSE(database.is_in_transaction());
}
