#include "runtime/traffic/routes.hpp"

#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "runtime/durable_file.hpp"
#include "tests/support/routed_users.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace std::chrono_literals;

namespace {

const RouterName kName{"split_users", "glue"};
const Routes kInitial{.by = {"id"}};
const Authority kRunner{.journal = "journal", .run = "run", .epoch = 3};
constexpr Instant kNow{1772366400s};

nlohmann::json vectors() {
  std::ifstream in(MIG_ROOT "/runtime/traffic/vectors.json");
  REQUIRE(in);
  return nlohmann::json::parse(in);
}

Routes some_routes() {
  Routes routes = kInitial;
  routes.reads = {.share = plan::Ratio::percent(5),
                  .where = {{"region", {"eu", "uk"}}},
                  .stale_ok = 5s,
                  .fallback = {plan::ReadFailure::Error, plan::ReadFailure::Timeout}};
  routes.writes = {.authority = plan::Side::New,
                   .mirror = plan::Side::Old,
                   .mode = plan::WriteMode::Follow,
                   .share = plan::Ratio::percent(10)};
  routes.fresh_until = kNow + 10s;
  return routes;
}

Routes after(const Routes& present, const Routes& wanted, const Authority& authority = kRunner) {
  const auto next = next_routes(present, wanted, authority, kNow);
  REQUIRE(next);
  return next->value_or(present);
}

}  // namespace

TEST_CASE("every published document is read and written without a difference") {
  for (const auto& decision : vectors()["decisions"]) {
    const auto& document = decision["document"];
    const auto routes = decode_routes(document.dump(), kInitial);
    REQUIRE(routes);
    CHECK(nlohmann::json::parse(encode(*routes, kName)) == document);
  }
}

TEST_CASE("a document of format 1 is read as what it said") {
  const auto routes = decode_routes(
      R"({"format": "mig.routes/1", "router": "glue", "plan": "split_users", "version": 3,
          "reads": "new", "writes": "none", "run": "r", "epoch": 7, "created_by": "c",
          "changed_at": "2026-11-22T15:00:00.000000Z"})",
      kInitial);
  REQUIRE(routes);
  CHECK(routes->reads.share == plan::Ratio::percent(100));
  CHECK(routes->writes.authority == plan::Side::None);
  CHECK(routes->by == kInitial.by);
  CHECK(routes->version == 3);
  CHECK(routes->epoch == 7);
  CHECK(routes->created_by == "c");
}

TEST_CASE("what is no document is refused, wherever it is damaged") {
  const Routes routes = after(kInitial, some_routes());
  const auto good = nlohmann::json::parse(encode(routes, kName));
  REQUIRE(decode_routes(good.dump(), kInitial));
  const auto flat = good.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    if (pointer == "/plan" || pointer == "/router" || pointer == "/key/salt") continue;
    if (pointer == "/reads/control") continue;  // it follows from the share
    INFO(pointer);
    auto damaged = flat;
    damaged[pointer] = value.is_string() ? nlohmann::json(-1) : nlohmann::json("text");
    CHECK_FALSE(decode_routes(damaged.unflatten().dump(), kInitial));
  }
  CHECK_FALSE(decode_routes("", kInitial));
  CHECK_FALSE(decode_routes("[]", kInitial));
  CHECK_FALSE(decode_routes("{\"format\": \"mig.routes/2\"}", kInitial));
}

TEST_CASE("a change raises the version, a renewal does not, the same again is nothing") {
  const Routes first = after(kInitial, some_routes());
  CHECK(first.version == 1);
  CHECK(first.created_by == "run");
  CHECK(first.changed_at == kNow);

  CHECK(next_routes(first, first, kRunner, kNow + 1s).value() == std::nullopt);

  Routes renewed = first;
  renewed.fresh_until = kNow + 20s;
  const auto second = next_routes(first, renewed, kRunner, kNow + 1s).value();
  REQUIRE(second);
  CHECK(second->version == 1);
  CHECK(second->changed_at == kNow);
  CHECK(second->fresh_until == kNow + 20s);

  Routes widened = *second;
  widened.reads.share = plan::Ratio::percent(25);
  CHECK(after(*second, widened).version == 2);
}

TEST_CASE("an older epoch of the run does not write, another run does") {
  const Routes present = after(kInitial, some_routes());
  Authority older = kRunner;
  older.epoch = 2;
  const auto refused = next_routes(present, kInitial, older, kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Conflict);

  Authority other{.journal = "journal", .run = "another", .epoch = 1};
  const Routes taken = after(present, kInitial, other);
  CHECK(taken.version == 2);
  CHECK(taken.created_by == "run");
  CHECK_FALSE(is_spent(taken, other));
}

TEST_CASE("a routing file goes with the run that made it, once everything is back") {
  const tests::RoutedUsers users(plan::RouterKind::File);
  Router& file = *users.router;
  REQUIRE(file.read());
  CHECK(file.read()->version == 0);

  REQUIRE(file.write(some_routes(), kRunner, kNow));
  CHECK(file.read()->reads == some_routes().reads);
  REQUIRE(file.restore(kRunner));
  CHECK(file.read()->version == 1);

  REQUIRE(file.write(kInitial, kRunner, kNow));
  REQUIRE(file.restore(kRunner));
  CHECK_FALSE(std::filesystem::exists(users.folder / "routes.json"));
}

TEST_CASE(
    "a runner that was overtaken changes no routing file, even where there is none any more") {
  tests::RoutedUsers users(plan::RouterKind::File);
  const Authority next{.journal = "journal", .run = "run", .epoch = 4};
  users.fence(next);
  const auto written = users.router->write(some_routes(), kRunner, kNow);
  REQUIRE_FALSE(written);
  CHECK(written.error().kind == ErrorKind::Conflict);
  REQUIRE(users.router->write(some_routes(), next, kNow));
  REQUIRE_FALSE(users.router->restore(kRunner));
  CHECK(users.router->read()->reads == some_routes().reads);
}

TEST_CASE("a file that is no routing document is left alone") {
  const tests::RoutedUsers users(plan::RouterKind::File);
  const auto path = users.folder / "routes.json";
  REQUIRE_FALSE(replace_durably(path, "{\"mine\": true}\n"));
  const auto written = users.router->write(some_routes(), kRunner, kNow);
  REQUIRE_FALSE(written);
  CHECK(written.error().kind == ErrorKind::Permanent);
  CHECK(std::filesystem::file_size(path) == 15);
}
