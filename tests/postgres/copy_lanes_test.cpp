// The ranges of a copy that are moved at once: each of their chunks under the fence of its runner,
// with its own note in the transaction of its rows.
#include "runtime/steps/copy_lanes.hpp"

#include <array>
#include <atomic>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/stores/control.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::PostgresServer;

namespace {

constexpr plan::StepId kCopies{0};
constexpr std::int64_t kRows = 4000;
constexpr std::size_t kChunk = 500;

plan::Plan users_plan() {
  using plan::Base;
  using plan::Type;
  plan::Plan plan;
  plan.name = "users";
  plan.entities = {
      {"User",
       {tests::field("id", Type::of(Base::I64), true), tests::field("note", Type::text())},
       {}}};
  plan.datasets = {{"users", {0}, {0}, "users", {}}, {"copy", {0}, {1}, "users", {}}};
  plan.from = {0};
  plan.to = {{1}};
  plan.steps = {
      tests::step("move/snapshot#1", plan::Copy{.chunk = {static_cast<std::int64_t>(kChunk)},
                                                .pace = {plan::PaceKind::Full, {}},
                                                .rejects = {}})};
  for (const char* name : {"old", "new"}) {
    plan.stores.push_back({.name = name,
                           .kind = plan::StoreKind::Postgres,
                           .location = {PostgresServer::shared().create_database()}});
  }
  return plan;
}

// A copy that has been split into ranges of a thousand rows, of which none has moved.
class Split {
 public:
  Split() : plan_(users_plan()), world_(plan_, folder_.path()) {
    for (const plan::Store& store : plan_.stores)
      PostgresServer::shared().run(store.location.text,
                                   "CREATE TABLE users(id bigint PRIMARY KEY, note text)");
    PostgresServer::shared().run(
        plan_.stores[0].location.text,
        fmt::format("INSERT INTO users SELECT i, 'n' || i FROM generate_series(1, {}) i", kRows));
    world_.fence();
    auto effect = begin(world_.world.authority);
    REQUIRE(effect);
    REQUIRE(note_ranges(*effect->sql(), "", {place(1000), place(2000), place(3000)}, place(kRows)));
    REQUIRE(effect->commit({.cursor = "split"}));
  }

  World& world() { return world_.world; }
  CopyLanes lanes() { return {{plan_, copy(), kCopies, kChunk}, ranges()}; }
  std::vector<CopyRange> ranges() {
    auto found = read();
    REQUIRE(found);
    return std::move(*found);
  }
  Result<std::vector<CopyRange>> read() {
    return read_ranges(OpenStore(writer()), world().authority.run, plan_.at(kCopies).name, 4);
  }
  Result<Effect> begin(const Authority& authority) {
    return Effect::begin(OpenStore(writer()), {"users"}, authority, plan_.at(kCopies).name);
  }
  Database open() const { return std::move(*open_postgres(plan_.stores[1].location.text)); }
  void run(const std::string& sql) const {
    PostgresServer::shared().run(plan_.stores[1].location.text, sql);
  }
  std::int64_t ask(const std::string& sql) const {
    return std::stoll(PostgresServer::shared().ask(plan_.stores[1].location.text, sql));
  }
  std::int64_t rows() const { return ask("SELECT count(*) FROM users"); }
  // By the notes of the ranges.
  std::int64_t noted() const { return ask("SELECT sum(moved) FROM mig_ctl_applied"); }
  std::int64_t waiting() const { return ask("SELECT count(*) FROM pg_locks WHERE NOT granted"); }

 private:
  const plan::Copy& copy() const { return std::get<plan::Copy>(plan_.steps[0].action); }
  const Database& writer() {
    auto opened = world_.stores.writer({1});
    REQUIRE(opened);
    return **opened;
  }
  std::string place(std::int64_t id) const {
    Batch rows = Batch::of({plan_.entities[0].fields[0].type, plan_.entities[0].fields[1].type});
    rows.columns[0].append_integer(id);
    rows.columns[1].append_bytes("");
    ++rows.rows;
    return written_key(plan_.entities[0], rows, 0);
  }

  tests::TemporaryFolder folder_;
  plan::Plan plan_;
  tests::TestWorld world_;
};

}  // namespace

TEST_CASE("lanes move every range, and note each with its rows") {
  Split split;
  CopyLanes lanes = split.lanes();
  while (lanes.next() != nullptr)
    REQUIRE(lanes.advance(split.world(), 3));
  CHECK(lanes.counts().moved == kRows);
  CHECK(split.rows() == kRows);
  for (const CopyRange& range : split.ranges()) {
    CHECK(range.applied.finished);
    CHECK(range.applied.counts.moved == 1000);
  }
}

TEST_CASE("a lane of a runner that was overtaken writes nothing more") {
  Split split;
  CopyLanes lanes = split.lanes();
  REQUIRE(lanes.advance(split.world(), 2));
  REQUIRE(split.rows() == 2000);
  REQUIRE(install_fence(split.open(), {"users"}, {"journal-1", "run-1", 2}, 7));
  const auto late = lanes.advance(split.world(), 2);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::Conflict);
  CHECK(split.rows() == 2000);
  CHECK(split.noted() == 2000);
}

TEST_CASE("a takeover waits for the chunk of a lane, and stops the next one") {
  Split split;
  CopyLanes lanes = split.lanes();
  const Database client = split.open();
  REQUIRE(client.execute("BEGIN; INSERT INTO users VALUES (700, 'n700')"));
  Result<CopyLanes::Stretch> moved;
  std::atomic<bool> has_ended{false};
  std::thread runner([&] {
    moved = lanes.advance(split.world(), 2);
    has_ended = true;
  });
  // A chunk of the first range waits for that row; the other lane goes on under the same fence.
  const auto is_other_done = [&] {
    return split.ask("SELECT finished::int FROM mig_ctl_applied WHERE step LIKE '%:2'") == 1;
  };
  while (!has_ended && (split.waiting() == 0 || !is_other_done())) {
  }
  CHECK_FALSE(has_ended);
  CHECK(split.noted() == split.rows());  // of the chunk that waits, nothing is noted
  std::atomic<bool> has_taken{false};
  std::thread next([&] {
    const Database other = split.open();
    REQUIRE(other.execute("SET lock_timeout = 0"));
    REQUIRE(install_fence(other, {"users"}, {"journal-1", "run-1", 2}, 7));
    has_taken = true;
  });
  while (!has_taken && split.waiting() < 2) {
  }
  CHECK_FALSE(has_taken);
  REQUIRE(client.execute("ROLLBACK"));
  runner.join();
  next.join();
  CHECK(split.rows() == split.noted());
  const auto late = lanes.advance(split.world(), 2);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::Conflict);
  CHECK(split.rows() == split.noted());
}

TEST_CASE("what a lane cannot note it has not written") {
  Split split;
  split.run(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'disk_full'; END $$;"
      "CREATE TRIGGER refuse BEFORE UPDATE ON mig_ctl_applied FOR EACH ROW "
      "WHEN (NEW.step LIKE '%:2' AND NEW.moved > 0) EXECUTE FUNCTION refuse()");
  CopyLanes lanes = split.lanes();
  CHECK_FALSE(lanes.advance(split.world(), 2));
  CHECK(split.ask("SELECT count(*) FROM users WHERE id BETWEEN 1001 AND 2000") == 0);
  CHECK(split.rows() == split.noted());
}

TEST_CASE("a range whose note somebody has moved or taken away is not gone on with") {
  Split split;
  CopyLanes lanes = split.lanes();
  split.run("UPDATE mig_ctl_applied SET cursor = 'elsewhere' WHERE step LIKE '%:1'");
  const auto moved = lanes.advance(split.world(), 1);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().kind == ErrorKind::Conflict);
  CHECK(split.rows() == 0);
  split.run("DELETE FROM mig_ctl_applied WHERE step LIKE '%:1'");
  const auto gone = split.read();
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::Conflict);
}
