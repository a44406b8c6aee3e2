// Fingerprints that a copy keeps: a comparison behind it needs the old side no more, and notices
// whatever happened there since.
#include "runtime/stores/copied_blocks.hpp"

#include <array>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/data/reconcile.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_moment.hpp"
#include "runtime/stores/postgres_passage.hpp"
#include "runtime/stores/postgres_twins.hpp"
#include "runtime/stores/sql_effect.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/support/test_stores.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::PostgresServer;

namespace {

const Authority kRunner{.journal = "journal", .run = "run-1", .epoch = 1};
constexpr const char* kTable = "\"users\"";

// A table of 9000 rows, and one that such a copy has filled in pages of 3000.
class Copied {
 public:
  Copied() {
    using plan::Base;
    using plan::Type;
    plan_.name = "users";
    plan_.entities = {
        {"User",
         {tests::field("id", Type::of(Base::I64), true), tests::field("email", Type::text(20))},
         {}}};
    plan_.datasets = {{"users", {0}, {0}, "users", {}}, {"copy", {0}, {1}, "users", {}}};
    plan_.from = {0};
    plan_.to = {{1}};
    plan_.steps = {{.name = "compare", .action = plan::Verify{}}};
    for (std::size_t side = 0; side < urls_.size(); ++side) {
      urls_[side] = PostgresServer::shared().create_database();
      plan_.stores.push_back({.name = side == 0 ? "old" : "new",
                              .kind = plan::StoreKind::Postgres,
                              .location = {urls_[side]}});
      databases_.push_back(std::move(*open_postgres(urls_[side])));
      run(side, "CREATE TABLE users(id bigint PRIMARY KEY, email text)");
    }
    run(0, "INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, 9000) i");
    REQUIRE(install_fence(databases_[1], {"users"}, kRunner, 0));
    copy();
  }
  void run(std::size_t side, const std::string& sql) const {
    PostgresServer::shared().run(urls_[side], sql);
  }
  const std::string& url(std::size_t side) const { return urls_[side]; }
  const plan::Plan& plan() const { return plan_; }
  const Database& old_side() const { return databases_[0]; }
  const Database& new_side() const { return databases_[1]; }

  Reconciliation compare(bool reads_both = false) const {
    tests::TemporaryFolder folder;
    Stores stores = tests::stores_of(plan_, folder.path());
    auto result =
        reconcile(plan_, stores,
                  {.run = kRunner.run, .reads_both = reads_both, .scratch_folder = folder.path()});
    REQUIRE(result);
    return std::move(*result);
  }
  // Whether the comparison need not read the old side.
  bool holds() const {
    auto blocks = CopiedBlocks::of(new_side(), kRunner.run);
    REQUIRE(blocks);
    REQUIRE(blocks->has_value());
    const auto is_same =
        is_as_at(old_side(), kTable, earliest_moment((*blocks)->moments()), (*blocks)->rows());
    REQUIRE(is_same);
    return *is_same;
  }

 private:
  void copy() {
    const plan::Copy copy;
    auto passage =
        PostgresPassage::open(old_side(), new_side(), plan_, {copy, kRunner.run, "copy"});
    REQUIRE(passage);
    REQUIRE(passage->has_value());
    PostgresPassage::Page page;
    Applied now;
    while (!now.finished) {
      REQUIRE((*passage)->read(page.last, "", 3000, page));
      auto effect = SqlEffect::begin(new_side(), {"users"}, kRunner, "copy");
      REQUIRE(effect);
      REQUIRE((*passage)->write(page).value() == page.read);
      now.counts.read += page.read;
      now.counts.moved += page.read;
      now.finished = page.is_last;
      REQUIRE(effect->commit(now));
    }
    REQUIRE(now.counts.read == 9000);
  }

  plan::Plan plan_;
  std::array<std::string, 2> urls_;
  std::vector<Database> databases_;
};

}  // namespace

TEST_CASE("behind a copy the old side is compared without being read") {
  const Copied sides;
  CHECK(sides.holds());
  const std::string elsewhere = PostgresServer::shared().create_database();
  PostgresServer::shared().run(elsewhere, "CREATE TABLE users(id bigint PRIMARY KEY, email text)");
  const Database empty = std::move(*open_postgres(elsewhere));
  auto twins = PostgresTwins::open(empty, sides.new_side(), sides.plan());
  REQUIRE(twins);
  REQUIRE(twins->has_value());
  const Database beside = std::move(*open_postgres(sides.url(1)));
  (*twins)->know(std::move(*CopiedBlocks::of(sides.new_side(), kRunner.run).value()), beside);
  const auto all = (*twins)->compare("", 100'000);
  REQUIRE(all);
  CHECK(all->agrees);
  CHECK(all->rows == 9000);
  const auto some = (*twins)->compare("", 3500);
  REQUIRE(some);
  CHECK(some->agrees);
  CHECK(some->rows >= 3500);
  CHECK(some->rows < 9000);
}

TEST_CASE("what differs on the new side is found as by reading both") {
  const Copied sides;
  sides.run(1, "UPDATE users SET email = 'other' WHERE id IN (1, 4000, 4001, 9000)");
  sides.run(1, "DELETE FROM users WHERE id IN (3000, 2500, 8999)");
  sides.run(1, "INSERT INTO users VALUES (-5, 'extra'), (9500, 'extra'), (9501, 'extra')");
  const Reconciliation known = sides.compare();
  CHECK(known.datasets == sides.compare(true).datasets);
  CHECK(known.datasets[0].mismatched == 4);
  CHECK(known.datasets[0].missing == 3);
  CHECK(known.datasets[0].extra == 3);
  CHECK(known.datasets[0].expected == 9000);
}

TEST_CASE("what happened on the old side since it was copied is noticed") {
  const Copied sides;
  CHECK(sides.compare().drift() == 0);
  const auto notices = [&](const std::string& sql, std::int64_t drift) {
    INFO(sql);
    sides.run(0, sql);
    CHECK_FALSE(sides.holds());
    CHECK(sides.compare().drift() == drift);
  };
  SECTION("a change") {
    notices("UPDATE users SET email = 'new' WHERE id = 5000", 1);
  }
  SECTION("a change to what it was") {
    notices("UPDATE users SET email = email WHERE id = 5000", 0);
  }
  SECTION("a deletion") {
    notices("DELETE FROM users WHERE id = 5000", 1);
  }
  SECTION("an insertion") {
    notices("INSERT INTO users VALUES (5000000, 'new')", 1);
  }
  SECTION("one for another") {
    notices("DELETE FROM users WHERE id = 5000; INSERT INTO users VALUES (5000000, 'new')", 2);
  }
  SECTION("all") {
    notices("TRUNCATE users", 9000);
  }
  SECTION("a column of the same name") {
    notices("ALTER TABLE users DROP email; ALTER TABLE users ADD email text DEFAULT 'new'", 9000);
  }
  SECTION("a table of the same name") {
    notices(
        "ALTER TABLE users RENAME TO former; CREATE TABLE users(id bigint PRIMARY KEY, "
        "email text); INSERT INTO users SELECT * FROM former WHERE id < 9000",
        1);
  }
}

TEST_CASE("what leaves rows as they are is no reason to read them") {
  const Copied sides;
  sides.run(0, "SELECT * FROM users WHERE id < 100 FOR UPDATE");
  sides.run(0, "VACUUM (FREEZE, ANALYZE) users");
  sides.run(0, "BEGIN; UPDATE users SET email = 'new'; ROLLBACK");
  CHECK(sides.holds());
  CHECK(sides.compare().drift() == 0);
}

TEST_CASE("a copy that was taken back has kept nothing") {
  const Copied sides;
  REQUIRE(forget_blocks(sides.new_side(), kRunner.run, "copy"));
  CHECK_FALSE(CopiedBlocks::of(sides.new_side(), kRunner.run).value().has_value());
}

TEST_CASE("what two copies have kept, or one that has not ended, is of no use") {
  const Copied sides;
  const auto has_any = [&] {
    return CopiedBlocks::of(sides.new_side(), kRunner.run).value().has_value();
  };
  sides.run(1, "UPDATE mig_ctl_applied SET finished = 0");
  CHECK_FALSE(has_any());
  sides.run(1, "UPDATE mig_ctl_applied SET finished = 1");
  CHECK(has_any());
  for (const char* table : {"mig_ctl_applied", "mig_ctl_block"}) {
    sides.run(1, fmt::format("CREATE TEMPORARY TABLE again AS SELECT * FROM {0}; UPDATE again "
                             "SET step = 'again'; INSERT INTO {0} SELECT * FROM again",
                             table));
  }
  CHECK_FALSE(has_any());
}
