// Counting rows without keeping anybody waiting.
#include "runtime/stores/row_count.hpp"

#include <catch2/catch.hpp>

#include "runtime/stores/sqlite_database.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::runtime;

namespace {

Database filled(const std::filesystem::path& path) {
  auto database = open_sqlite(path, Mode::Create);
  REQUIRE(database.has_value());
  REQUIRE(
      database->execute("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT);"
                        "CREATE TABLE w(id TEXT PRIMARY KEY) WITHOUT ROWID;"
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                        "i < 50000) INSERT INTO t SELECT i * 2, 'x' FROM n;"
                        "INSERT INTO w SELECT 'k' || id FROM t"));
  return std::move(*database);
}

}  // namespace

TEST_CASE("rows are counted, and bounded where that takes too long") {
  const tests::TemporaryFolder folder;
  const Database database = filled(folder / "t.db");
  const SystemClock clock;
  const auto minute = std::chrono::minutes(1);
  const auto counted = count_rows(database, "t", clock, minute);
  REQUIRE(counted.has_value());
  CHECK(counted->rows == 50'000);
  CHECK(counted->is_exact);

  CHECK(row_bound(database, "t", clock, minute).value() == 100'000);
  CHECK_FALSE(row_bound(database, "w", clock, minute).value().has_value());

  REQUIRE(
      database.execute("CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                       "SELECT i + 1 FROM n) SELECT i FROM n"));
  const auto unknown = count_rows(database, "endless", clock, std::chrono::milliseconds(30));
  REQUIRE(unknown.has_value());
  CHECK_FALSE(unknown->rows.has_value());
  CHECK_FALSE(unknown->is_exact);

  // The limit ends with the look: whoever comes next has all the time there is.
  const auto again = count_rows(database, "w", clock, minute);
  REQUIRE(again.has_value());
  CHECK(again->rows == 50'000);
}

TEST_CASE("a table that cannot be read is no table that takes too long") {
  const tests::TemporaryFolder folder;
  const Database database = filled(folder / "t.db");
  CHECK_FALSE(count_rows(database, "none", SystemClock(), std::chrono::minutes(1)).has_value());
}
