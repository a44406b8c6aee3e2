// Rows that were set aside are tried again, over a connection that was lost in between.
#include "runtime/steps/letter_retry.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/stores/dead_letters.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;

namespace {

// Users of one table, who are copied to another one in the same database.
plan::Plan users_plan(const std::string& url) {
  using plan::Base;
  using plan::Type;
  plan::Plan plan;
  plan.name = "users";
  plan.stores = {{.name = "app", .kind = plan::StoreKind::Postgres, .location = {url, false}}};
  plan.entities = {{"User", {field("id", Type::of(Base::I64), true)}, {}}};
  plan.datasets = {{"users", {0}, {0}, "users", {}}, {"people", {0}, {0}, "people", {}}};
  plan.from = {0};
  plan.to = {{1}};
  plan.steps = {step("compare/verify#1", plan::Verify{})};
  return plan;
}

}  // namespace

TEST_CASE("letters are tried again on a connection that replaces a lost one") {
  const TemporaryFolder folder;
  const std::string url = PostgresServer::shared().create_database();
  PostgresServer::shared().run(
      url,
      "CREATE TABLE users(id bigint PRIMARY KEY); CREATE TABLE people(id bigint PRIMARY KEY);"
      "INSERT INTO users VALUES (1), (2); "
      "ALTER TABLE people ADD CONSTRAINT later CHECK (id <> 2)");
  const plan::Plan plan = users_plan(url);
  TestWorld test(plan, folder.path());
  test.fence();
  const auto database = test.stores.writing({0});
  REQUIRE(database);
  auto users = runtime::KeysetReader::open(*database->sql(), plan, {0});
  REQUIRE(users);
  runtime::Page page;
  REQUIRE(users->read("", "", 10, page));
  REQUIRE(page.rows.rows == 2);
  std::vector<runtime::DeadLetter> letters;
  for (std::size_t row = 0; row < 2; ++row)
    letters.push_back(
        {"run-1", "copy/scan#1", "users", page.keys[row], "id", "refused", "2026-01-01", ""});
  REQUIRE(add_dead_letters(*database->sql(), letters));
  auto process = database->sql()->prepare("SELECT pg_backend_pid()");
  REQUIRE((process && *process->step()));
  const std::int64_t backend = process->integer(0);

  auto retry = runtime::LetterRetry::open(test.world, {0});
  if (!retry) FAIL(retry.error().message);
  REQUIRE(retry->advance(test.world));
  CHECK(retry->closed() == 1);
  PostgresServer::shared().run(url, "ALTER TABLE people DROP CONSTRAINT later");
  PostgresServer::shared().run(url, fmt::format("SELECT pg_terminate_backend({}, 5000)", backend));
  // Somebody else finds out, and the next one who writes gets another connection.
  CHECK_FALSE(database->sql()->execute("SELECT 1"));
  REQUIRE(database->is_lost());
  while (retry->closed() < 2) {
    const auto tried = retry->advance(test.world);
    if (!tried) FAIL(tried.error().message);
    REQUIRE((!*tried || retry->closed() == 2));
  }
  CHECK(PostgresServer::shared().ask(url, "SELECT count(*) FROM people") == "2");
}
