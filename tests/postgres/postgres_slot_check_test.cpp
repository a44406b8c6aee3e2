// What a slot is refused for before anything is made.
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/stores/changelog.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_slot.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::PostgresServer;

namespace {

// A table `rows` that could be followed.
class Rows {
 public:
  explicit Rows(PostgresServer& server = PostgresServer::shared())
      : server_(server), url_(server.create_database()) {
    plan_.stores = {{.name = "app", .kind = plan::StoreKind::Postgres}};
    plan_.entities = {{"Row", {tests::field("id", plan::Type::of(plan::Base::I64), true)}, {}}};
    plan_.datasets = {{"rows", {0}, {0}, "rows", {}}};
    plan_.from = {0};
    plan_.to = {{0}};
    run("CREATE TABLE rows(id bigint PRIMARY KEY)");
  }
  Database open(std::string_view role = "postgres") const {
    return std::move(*open_postgres(server_.as_role(url_, role)));
  }
  PostgresSlot slot() const {
    return std::move(*PostgresSlot::of(open(), *Changelog::of(plan_, {0})));
  }
  void run(const std::string& sql) const { server_.run(url_, sql); }
  std::string ask(const std::string& sql) const { return server_.ask(url_, sql); }
  // Empty: it is none.
  std::string refusal(std::string_view role = "postgres") const {
    const auto checked = slot().check(open(role), WalLimit::Accepted, 0);
    return checked ? std::string() : checked.error().message;
  }

 private:
  PostgresServer& server_;
  std::string url_;
  plan::Plan plan_;
};

}  // namespace

TEST_CASE("a slot is refused where it would not tell of a table's rows, or is not ours") {
  const Rows rows;
  CHECK(rows.refusal().empty());
  rows.run("CREATE ROLE bystander LOGIN REPLICATION");
  rows.run(fmt::format("GRANT CREATE ON DATABASE {} TO bystander",
                       rows.ask("SELECT current_database()")));
  CHECK(rows.refusal("bystander") == "only the owner of `rows` may publish its changes");
  // Published, it could not be changed by anybody.
  rows.run("ALTER TABLE rows REPLICA IDENTITY NOTHING");
  CHECK_FALSE(rows.slot().publish(rows.open()));
  rows.run("ALTER TABLE rows REPLICA IDENTITY DEFAULT; ALTER TABLE rows SET UNLOGGED");
  CHECK(rows.refusal() == "`rows` is unlogged, so no slot tells of its rows");
  rows.run("ALTER TABLE rows RENAME TO kept; CREATE VIEW rows AS SELECT * FROM kept");
  CHECK(rows.refusal() == "`rows` is no table, so no slot tells of its rows");
  rows.run(fmt::format("SELECT pg_create_logical_replication_slot('{}', 'test_decoding')",
                       rows.slot().name()));
  const auto made = rows.slot().create(rows.open());
  rows.run(fmt::format("SELECT pg_drop_replication_slot('{}')", rows.slot().name()));
  REQUIRE_FALSE(made);
  CHECK(made.error().kind == ErrorKind::Permanent);
}

TEST_CASE("a slot is refused by a server that sends its log to nobody, and by a standby") {
  PostgresServer server;
  const Rows rows(server);
  const auto restart = [&] {
    server.kill();
    server.restart();
  };
  CHECK(rows.refusal().empty());
  rows.run("ALTER SYSTEM SET max_wal_senders = 0");
  restart();
  CHECK(rows.refusal().ends_with("has nobody left who could send its log: `max_wal_senders` is 0"));
  rows.run("COPY (SELECT 1) TO PROGRAM 'touch standby.signal'");
  restart();
  CHECK(rows.refusal().ends_with("is a standby, and gives no slot"));
}
