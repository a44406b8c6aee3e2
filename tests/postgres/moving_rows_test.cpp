// Rows, effects and changelogs over a real PostgreSQL, through the same handles as over a file.
#include <array>
#include <atomic>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/steps/sql_chunk.hpp"
#include "runtime/stores/change_feed.hpp"
#include "runtime/stores/changelog.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/guard.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/row_writer.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::PostgresServer;

namespace {

const Authority kRunner{"journal", "run", 1};

// One dataset, `users` with a version, in one store.
plan::Plan users_plan() {
  using plan::Base;
  using plan::Type;
  plan::Plan plan;
  plan.name = "users";
  plan.stores = {{.name = "app", .kind = plan::StoreKind::Postgres}};
  plan.entities = {
      {"User",
       {tests::field("id", Type::of(Base::I64), true), tests::field("email", Type::text(20)),
        tests::field("seen", Type::of(Base::Timestamp).as_optional()),
        tests::field("version", Type::of(Base::I32))},
       {}}};
  plan.entities[0].fields[3].version = true;
  plan.datasets = {{"users", {0}, {0}, "users", {}}};
  plan.from = {0};
  plan.to = {{0}};
  return plan;
}

class Users {
 public:
  explicit Users(std::string_view columns =
                     "id bigint PRIMARY KEY, email text UNIQUE, seen timestamptz, version int")
      : url_(PostgresServer::shared().create_database()), database_(open()) {
    run(fmt::format("CREATE TABLE users({})", columns));
    REQUIRE(install_fence(database_, {"users"}, kRunner, 0));
  }

  Database open() const { return std::move(*open_postgres(url_)); }
  void run(const std::string& sql) const { PostgresServer::shared().run(url_, sql); }
  std::string ask(const std::string& sql) const { return PostgresServer::shared().ask(url_, sql); }
  const Database& database() const { return database_; }
  const plan::Plan& plan() const { return plan_; }
  Result<Effect> begin(const Database& database, Authority authority = kRunner) const {
    return Effect::begin(database, {"users"}, authority, "copy");
  }
  KeysetReader reader() const { return std::move(*KeysetReader::open(database_, plan_, {0})); }

  // A row of the entity.
  Batch row(std::int64_t id, std::string_view email, std::int64_t version) const {
    std::vector<plan::Type> types;
    for (const plan::Field& field : plan_.entities[0].fields)
      types.push_back(field.type);
    Batch rows = Batch::of(types);
    add(rows, id, email, version);
    return rows;
  }
  static void add(Batch& rows, std::int64_t id, std::string_view email, std::int64_t version) {
    rows.columns[0].append_integer(id);
    rows.columns[1].append_bytes(email);
    rows.columns[2].append_null();
    rows.columns[3].append_integer(version);
    ++rows.rows;
  }

 private:
  std::string url_;
  plan::Plan plan_ = users_plan();
  Database database_;
};

}  // namespace

TEST_CASE("pages of a table come in the order of its key") {
  Users users;
  users.run("INSERT INTO users SELECT i, 'u' || i, NULL, 1 FROM generate_series(1, 25) i");
  users.run("UPDATE users SET email = repeat('x', 21) WHERE id = 7");  // too long for the entity
  KeysetReader reader = users.reader();
  Page page;
  std::string after;
  std::int64_t good = 0;
  int pages = 0;
  do {
    REQUIRE(reader.read(after, "", 10, page));
    for (std::size_t row = 0; row < page.rows.rows; ++row)
      good += page.rows.columns[3].integer(row);
    if (pages == 0) {
      REQUIRE(page.bad.size() == 1);
      CHECK(shown_key(page.bad[0].key) == "7");
      CHECK(page.bad[0].field == "email");
    }
    after = page.last;
    ++pages;
  } while (!page.is_last);
  CHECK(pages == 3);
  CHECK(good == 24);
  CHECK(shown_key(after) == "25");
  CHECK(reader.count().value() == 25);
  CHECK(reader.last_key().value() == after);
  CHECK(reader.count_without_key().value() == 0);

  std::vector<std::string> gone;
  const std::string fifth = written_key(users.plan().entities[0], users.row(5, "", 0), 0);
  const std::string none = written_key(users.plan().entities[0], users.row(99, "", 0), 0);
  REQUIRE(reader.read_each({none, fifth}, page, gone));
  CHECK(page.rows.rows == 1);
  CHECK(page.keys[0] == fifth);
  CHECK(gone == std::vector<std::string>{none});
  REQUIRE(reader.read(fifth, after, 2, page));
  CHECK(page.rows.columns[0].integer(0) == 6);
}

TEST_CASE("rows are written by each rule, and what the table refuses is a reject") {
  Users users;
  users.run("INSERT INTO users VALUES (1, 'one', NULL, 5)");
  const auto written = [&](WriteRule rule, const Batch& rows,
                           const std::vector<std::uint32_t>& merged = {}) {
    auto effect = users.begin(users.database());
    REQUIRE(effect);
    auto writer = RowWriter::open(users.database(), users.plan(), {0}, rule, merged);
    REQUIRE(writer);
    const auto result = writer->write(rows, 0);
    REQUIRE(result);
    if (*result != Written::Rejected) REQUIRE(effect->commit({.cursor = "x"}));
    return std::pair(*result, writer->reason());
  };
  CHECK(written(WriteRule::Keep, users.row(1, "other", 9)).first == Written::Kept);
  CHECK(written(WriteRule::Newer, users.row(1, "older", 5)).first == Written::Kept);
  CHECK(written(WriteRule::Newer, users.row(1, "newer", 6)).first == Written::Changed);
  users.run("UPDATE users SET version = NULL");  // older than any
  CHECK(written(WriteRule::Newer, users.row(1, "newer", 6)).first == Written::Changed);
  CHECK(written(WriteRule::Replace, users.row(1, "newer", 6)).first == Written::Kept);
  CHECK(written(WriteRule::Replace, users.row(1, "again", 6)).first == Written::Changed);
  CHECK(written(WriteRule::Shared, users.row(1, "again", 6)).first == Written::Kept);
  CHECK(written(WriteRule::Shared, users.row(1, "others", 6)).first == Written::Rejected);
  CHECK(users.ask("SELECT email FROM users") == "again");
  CHECK(written(WriteRule::Merge, users.row(1, "again", 9), {1}).first == Written::Kept);
  CHECK(written(WriteRule::Merge, users.row(1, "merged", 9), {1}).first == Written::Changed);
  CHECK(users.ask("SELECT email || ' ' || version FROM users") == "merged 6");
  CHECK(written(WriteRule::Merge, users.row(1, "again", 9), {1}).first == Written::Changed);
  const auto [refused, why] = written(WriteRule::Keep, users.row(2, "again", 1));
  CHECK(refused == Written::Rejected);
  CHECK(why == "another row already has this value, and it must be unique");
  CHECK(written(WriteRule::Keep, users.row(2, std::string("a\0b", 3), 1)).first ==
        Written::Rejected);
}

TEST_CASE("a page goes in at once, also where some of its rows are there") {
  Users users;
  const auto write = [&](WriteRule rule, std::int64_t first,
                         std::int64_t version = 1) -> std::optional<std::int64_t> {
    auto effect = users.begin(users.database());
    REQUIRE(effect);
    auto writer = RowWriter::open(users.database(), users.plan(), {0}, rule, {1, 3});
    REQUIRE(writer);
    Batch rows = users.row(first, fmt::format("u{}", first), version);
    std::vector<std::uint32_t> all = {0};
    for (std::uint32_t i = 1; i < 10; ++i) {
      Users::add(rows, first + i, fmt::format("u{}", first + i), version);
      all.push_back(i);
    }
    const auto changed = writer->write_all(rows, all);
    REQUIRE(changed);
    if (*changed) REQUIRE(effect->commit({.cursor = "x"}));
    return *changed;
  };
  CHECK(write(WriteRule::Keep, 1) == 10);
  CHECK(write(WriteRule::Keep, 6) == 5);
  CHECK(write(WriteRule::Replace, 6) == 0);
  CHECK(write(WriteRule::Replace, 11) == 5);
  CHECK(users.ask("SELECT count(*) FROM users") == "20");
  users.run("UPDATE users SET seen = '2026-01-01Z' WHERE id = 12");
  CHECK(write(WriteRule::Merge, 11) == 0);
  CHECK(write(WriteRule::Merge, 11, 2) == 10);
  CHECK(users.ask("SELECT concat_ws(' ', email, seen IS NULL, version) FROM users WHERE id = 12") ==
        "u12 f 2");
  users.run("ALTER TABLE users ADD CHECK (id <> 25)");
  CHECK(write(WriteRule::Keep, 21) == std::nullopt);
  CHECK(users.ask("SELECT count(*) FROM users") == "20");
}

TEST_CASE("a page that is merged takes nothing along of those before it") {
  Users users;
  users.run("INSERT INTO users VALUES (1, 'one', NULL, 1)");
  auto effect = users.begin(users.database());
  REQUIRE(effect);
  auto writer = RowWriter::open(users.database(), users.plan(), {0}, WriteRule::Replace);
  REQUIRE(writer);
  const std::array<std::uint32_t, 1> all = {0};
  for (const char* email : {"two", "three", "four"})
    CHECK(writer->write_all(users.row(1, email, 1), all).value() == 1);
  REQUIRE(effect->commit({.cursor = "x"}));
  CHECK(users.ask("SELECT email FROM users") == "four");
}

TEST_CASE("a row that stands in the way of another spoils nothing of the page's transaction") {
  Users users;
  users.run("INSERT INTO users VALUES (1, 'a', NULL, 1), (2, 'b', NULL, 1)");
  auto effect = users.begin(users.database());
  REQUIRE(effect);
  Page page;
  page.rows = users.row(1, "b", 2);  // they have swapped what is unique
  Users::add(page.rows, 2, "a", 2);
  Users::add(page.rows, 3, "c", 1);
  for (std::size_t row = 0; row < page.rows.rows; ++row)
    page.keys.append(written_key(users.plan().entities[0], page.rows, row));
  Carrier carrier(users.plan(), plan::Side::Old);
  carrier.run(page.rows);
  const SystemClock clock;
  const auto chunk = open_chunk(*effect, users.plan(), carrier, WriteRule::Replace, clock);
  REQUIRE(chunk);
  const auto totals = (*chunk)->write(*effect, carrier, page);
  REQUIRE(totals);
  CHECK(totals->rejects.size() == 2);
  REQUIRE(effect->commit({.cursor = "x"}));
  CHECK(users.ask("SELECT string_agg(email, ' ' ORDER BY id) FROM users") == "a b c");
}

TEST_CASE("an effect happens once, and under no older epoch") {
  Users users;
  const Database other = users.open();
  {
    auto effect = users.begin(users.database());
    REQUIRE(effect);
    REQUIRE(users.database().execute("INSERT INTO users VALUES (1, 'one', NULL, 1)"));
    REQUIRE(effect->commit({.cursor = "1", .finished = true}));
  }
  {
    auto effect = users.begin(users.database());
    REQUIRE(effect);
    REQUIRE(effect->applied().has_value());
    CHECK(effect->applied()->cursor == "1");
    REQUIRE(users.database().execute("INSERT INTO users VALUES (2, 'two', NULL, 1)"));
  }
  CHECK(users.ask("SELECT count(*) FROM users") == "1");

  // A takeover waits for the transaction of the one whom it takes over, and stops the next one.
  auto effect = users.begin(users.database());
  REQUIRE(effect);
  REQUIRE(users.database().execute("INSERT INTO users VALUES (3, 'three', NULL, 1)"));
  std::atomic<bool> has_taken{false};
  std::thread runner([&] {
    REQUIRE(other.execute("SET lock_timeout = 0"));
    REQUIRE(install_fence(other, {"users"}, {"journal", "run", 2}, 7));
    has_taken = true;
  });
  // The takeover's lock is waited for, not its time: it cannot have the row while we hold it.
  while (users.ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0") {
  }
  CHECK_FALSE(has_taken);
  REQUIRE(effect->commit({.cursor = "3"}));
  runner.join();
  CHECK(users.ask("SELECT count(*) FROM users") == "2");
  const auto late = users.begin(users.database());
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::Conflict);
  CHECK(late.error().message ==
        "another runner has taken over the run `run`: `users` is held under epoch 2, ours is 1");
  CHECK(users.begin(other, {"journal", "run", 2}).has_value());
  const auto stranger = users.begin(other, {"another", "run", 3});
  CHECK_FALSE(stranger.has_value());
}

TEST_CASE("a changelog says about how much waits in it, and what it takes") {
  Users users;
  users.run("INSERT INTO users SELECT i, 'u' || i, NULL, 1 FROM generate_series(1, 500) i");
  const Changelog log = std::move(*Changelog::of(users.plan(), {0}));
  const auto waiting = [&](std::int64_t after) {
    const auto found = log.waiting(users.database(), after);
    REQUIRE(found);
    return *found;
  };
  CHECK(waiting(0).entries == 0);  // there is none yet
  auto effect = users.begin(users.database());
  REQUIRE(effect);
  REQUIRE(log.install(users.database()));
  REQUIRE(effect->commit({.cursor = "0"}));
  CHECK(waiting(0).entries == 0);
  users.run("UPDATE users SET version = 2");
  CHECK(waiting(kBeforeAll).entries == 500);
  CHECK(waiting(0).bytes > 500 * 8);
  const std::int64_t first = log.newest(users.database()).value();
  CHECK(waiting(first).entries == 0);
  users.run("UPDATE users SET version = 3 WHERE id <= 20");
  CHECK(waiting(first).entries == 20);
}

TEST_CASE("a changelog misses no commit, whatever order commits come in") {
  Users users;
  users.run("INSERT INTO users VALUES (1, 'a', NULL, 1), (2, 'b', NULL, 1), (3, 'c', NULL, 1)");
  const Changelog log = std::move(*Changelog::of(users.plan(), {0}));
  const auto install = [&] {
    auto effect = users.begin(users.database());
    REQUIRE(effect);
    REQUIRE(log.install(users.database()));
    REQUIRE(effect->commit({.cursor = "0"}));
  };
  install();
  install();  // twice is once
  const auto keys = [&](std::int64_t after, Horizon horizon = Horizon::Settled) {
    const auto touched = log.read(users.database(), after, 100, horizon);
    REQUIRE(touched);
    std::string text;
    for (const std::string& key : touched->keys)
      text += (text.empty() ? "" : " ") + shown_key(key);
    return std::pair(text, *touched);
  };
  const Database early = users.open();
  REQUIRE(early.execute("BEGIN; UPDATE users SET version = 2 WHERE id = 1"));
  users.run("UPDATE users SET version = 2 WHERE id = 2");
  // The second has committed, the first, which is older, has not: neither is passed over.
  const auto [held, before] = keys(0);
  CHECK(held.empty());
  CHECK_FALSE(before.is_last);
  CHECK(keys(0, Horizon::Visible).first == "2");
  REQUIRE(early.execute("COMMIT"));
  const auto [both, after] = keys(0);
  CHECK(both == "1 2");
  CHECK(after.is_last);
  CHECK(keys(after.until).first.empty());

  // A row is read as it is now, so what was changed with it comes along, though its transaction
  // has to wait for an older one.
  users.run("UPDATE users SET version = 3 WHERE id = 1");
  REQUIRE(early.execute("BEGIN; UPDATE users SET version = 4 WHERE id = 3"));
  users.run("UPDATE users SET version = 4 WHERE id IN (1, 2)");
  const auto [together, held_back] = keys(after.until);
  CHECK(together == "1 2");
  CHECK(held_back.entries == 1);
  CHECK_FALSE(held_back.is_last);
  CHECK(keys(held_back.until).second.entries == 0);
  REQUIRE(early.execute("ROLLBACK"));
  const auto [rest, settled] = keys(held_back.until);
  CHECK(rest == "1 2");
  CHECK(settled.is_last);

  users.run("UPDATE users SET id = 30 WHERE id = 3");
  users.run("DELETE FROM users WHERE id = 1");
  CHECK(keys(settled.until).first == "3 30 1");
  users.run("SET session_replication_role = replica; DELETE FROM users WHERE id = 2");
  CHECK(keys(settled.until).first == "3 30 1 2");
  {
    auto effect = users.begin(users.database());
    REQUIRE(effect);
    REQUIRE(users.database().execute("INSERT INTO users VALUES (9, 'ours', NULL, 1)"));
    REQUIRE(effect->commit({.cursor = "1"}));
  }
  CHECK(keys(settled.until).first == "3 30 1 2");
  const Database client = users.open();
  CHECK_FALSE(client.execute("TRUNCATE users").has_value());

  // Behind a guard nobody is under way who could still write, so nothing is waited for.
  const Database idle = users.open();
  REQUIRE(idle.execute("BEGIN; CREATE TABLE elsewhere(id int)"));
  users.run("DELETE FROM users WHERE id = 30");
  CHECK(keys(settled.until).first == "3 30 1 2");
  {
    auto effect = users.begin(users.database());
    REQUIRE(effect);
    REQUIRE(install_guard(users.database(), "users", "it moves"));
    REQUIRE(effect->commit({.cursor = "2"}));
  }
  const auto [all, end] = keys(settled.until);
  CHECK(all == "3 30 1 2");
  CHECK(end.is_last);
  CHECK_FALSE(client.execute("INSERT INTO users VALUES (10, 'late', NULL, 1)").has_value());
  REQUIRE(idle.execute("ROLLBACK"));
}

// A copy's page and a follower's slice never overlap, or a row that the follower has
// taken away comes back by the page that was read before.
TEST_CASE("a row that is deleted while it is copied stays deleted") {
  Users users;
  const Database second = users.open();
  const auto left = [&] { return users.ask("SELECT count(*) FROM users"); };
  for (int round = 0; round < 100; ++round) {
    const bool copies_first = round % 2 == 0;
    auto page = users.begin(users.database());
    REQUIRE(page);
    std::thread follower([&] {
      REQUIRE(second.execute("SET lock_timeout = 0"));
      auto slice = Effect::begin(second, {"users"}, kRunner, "mirror");
      REQUIRE(slice);
      REQUIRE(second.execute("DELETE FROM users WHERE id = 7"));
      REQUIRE(slice->commit({.cursor = std::to_string(round)}));
    });
    if (copies_first) {
      while (users.ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0") {
      }
    }
    REQUIRE(users.database().execute("INSERT INTO users VALUES (7, 'seven', NULL, 1)"));
    REQUIRE(page->commit({.cursor = std::to_string(round)}));
    follower.join();
    CHECK(left() == "0");
  }
  // Without the fence's lock the same order leaves the row behind.
  REQUIRE(users.database().execute("BEGIN"));
  REQUIRE(second.execute("BEGIN; DELETE FROM users WHERE id = 7; COMMIT"));
  REQUIRE(users.database().execute("INSERT INTO users VALUES (7, 'seven', NULL, 1); COMMIT"));
  CHECK(left() == "1");
}
