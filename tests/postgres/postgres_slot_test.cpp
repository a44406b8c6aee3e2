// What a follower reads out of a slot of a real PostgreSQL.
#include <atomic>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/stores/changelog.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/places.hpp"
#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_slot_feed.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/shop_plan.hpp"

using namespace mig;
using namespace mig::runtime;
using mig::tests::PostgresServer;
using plan::Base;
using plan::Type;

namespace {

const Authority kRunner{"journal", "run", 1};

plan::Plan plan_of(std::vector<Type> key) {
  plan::Plan plan;
  plan.name = "rows";
  plan.stores = {{.name = "app", .kind = plan::StoreKind::Postgres}};
  plan.entities = {{"Row", {}, {}}};
  for (std::size_t i = 0; i < key.size(); ++i)
    plan.entities[0].fields.push_back(tests::field(fmt::format("k{}", i), key[i], true));
  plan.entities[0].fields.push_back(tests::field("note", Type::of(Base::Text)));
  plan.datasets = {{"rows", {0}, {0}, "rows", {}}};
  plan.from = {0};
  plan.to = {{0}};
  return plan;
}

class Followed {
 public:
  explicit Followed(const std::string& columns = "k0 bigint",
                    std::vector<Type> key = {Type::of(Base::I64)},
                    PostgresServer& server = PostgresServer::shared())
      : server_(server),
        url_(server.create_database()),
        rows_(open()),
        plan_(plan_of(std::move(key))),
        log_(std::move(*Changelog::of(plan_, {0}))) {
    std::string names = "k0";
    for (std::size_t i = 1; i < log_.key_types().size(); ++i)
      names += fmt::format(", k{}", i);
    run(fmt::format("CREATE TABLE rows({}, note text, PRIMARY KEY({}))", columns, names));
    REQUIRE(install_fence(rows_, {"rows"}, kRunner, 0));
    stream_ = std::move(*PostgresSlotStream::open(
        log_, [this] { return open_postgres(url_); },
        [this] { return open_postgres(url_, {.streams = true}); }));
    REQUIRE(slot().publish(asks()));
    REQUIRE(slot().create(asks()));
    cursor_ = PostgresSlotFeed::cursor_of(state().confirmed, state().history);
    feed_.emplace(stream_, rows_, "");
    feed_->stand_at(cursor_);
  }
  ~Followed() {
    stream_->close();
    (void)slot().drop(asks());
  }

  Database open() const { return std::move(*open_postgres(url_)); }
  void run(const std::string& sql) const { server_.run(url_, sql); }
  std::string ask(const std::string& sql) const { return server_.ask(url_, sql); }
  const Changelog& log() const { return log_; }
  const PostgresSlot& slot() const { return stream_->slot(); }
  const Database& asks() const { return **stream_->asks(); }
  SlotState state() const { return *slot().state(asks()); }
  PostgresSlotFeed& feed() { return *feed_; }
  const std::shared_ptr<PostgresSlotStream>& stream() const { return stream_; }

  // What is told behind that place, up to the end.
  Touched touched(std::size_t limit = 1000) {
    for (int i = 0; i < 100; ++i) {
      auto read = feed_->read(position_of(cursor_), limit, Horizon::Settled);
      REQUIRE(read);
      if (read->is_last || read->entries > 0 || read->is_gap) return *read;
    }
    FAIL("the end never came");
    return {};
  }
  std::string keys(std::size_t limit = 1000) { return shown(touched(limit)); }
  static std::string shown(const Touched& touched) {
    std::set<std::string> keys;
    for (const std::string& key : touched.keys)
      keys.insert(shown_key(key));
    std::string text;
    for (const std::string& key : keys)
      text += (text.empty() ? "" : " ") + key;
    return text;
  }
  // As a follower whose target holds all up to there.
  void pass(const Touched& touched) {
    cursor_ = feed_->cursor(touched.until);
    feed_->stand_at(cursor_);
  }
  const std::string& cursor() const { return cursor_; }
  Result<Effect> begin() const {
    return Effect::begin(OpenStore(rows_), {"rows"}, kRunner, "copy");
  }
  const Database& rows() const { return rows_; }

 private:
  PostgresServer& server_;
  std::string url_;
  Database rows_;
  plan::Plan plan_;
  Changelog log_;
  std::shared_ptr<PostgresSlotStream> stream_;
  std::optional<PostgresSlotFeed> feed_;
  std::string cursor_;
};

std::int64_t most_memory() {  // kB, since it was asked last
  std::ifstream file("/proc/self/status");
  std::int64_t most = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) most = std::stoll(line.substr(6));
  }
  std::ofstream("/proc/self/clear_refs") << "5";
  return most;
}

}  // namespace

TEST_CASE("a slot tells whole transactions in the order of their commits") {
  Followed followed;
  CHECK(followed.keys().empty());
  const Database early = followed.open();
  REQUIRE(early.execute("BEGIN; INSERT INTO rows VALUES (1, 'a'), (2, 'b'), (3, 'c')"));
  followed.run("INSERT INTO rows VALUES (7, 'late, and told first')");
  const Touched first = followed.touched(1);
  CHECK(Followed::shown(first) == "7");
  CHECK(first.is_last);
  REQUIRE(early.execute("COMMIT"));
  followed.pass(first);
  const Touched second = followed.touched(1);
  CHECK(Followed::shown(second) == "1 2 3");
  CHECK(second.until > first.until);
  followed.pass(second);
  // A changed key is two rows; what was taken back is none; a row is told once.
  followed.run("UPDATE rows SET k0 = 30 WHERE k0 = 3");
  followed.run("BEGIN; DELETE FROM rows WHERE k0 = 1; ROLLBACK");
  followed.run("UPDATE rows SET note = 'x' WHERE k0 = 2; UPDATE rows SET note = 'y' WHERE k0 = 2");
  followed.run("SET session_replication_role = replica; DELETE FROM rows WHERE k0 = 7");
  const Touched third = followed.touched();
  CHECK(Followed::shown(third) == "2 3 30 7");
  CHECK(followed.feed().is_touched(third.keys[0], second.until) == true);
  CHECK(followed.feed().is_touched(third.keys[0], third.until) == false);
}

TEST_CASE("the server forgets what a follower has passed, and nothing else") {
  Followed followed;
  followed.run("INSERT INTO rows VALUES (1, 'a')");
  const std::int64_t before = followed.state().confirmed;
  const Touched first = followed.touched();
  CHECK(followed.state().confirmed == before);
  followed.pass(first);
  for (int i = 0; i < 200 && followed.state().confirmed < first.until; ++i)
    followed.touched();
  CHECK(followed.state().confirmed == first.until);
  // Somebody who is behind the follower finds what it has passed.
  PostgresSlotFeed other(followed.stream(), followed.rows(), followed.cursor());
  const auto again = other.read(before, 100, Horizon::Settled);
  REQUIRE(again);
  CHECK(Followed::shown(*again) == "1");
  CHECK(other.read(before - 1, 100, Horizon::Settled)->is_gap);
  // What others write is passed as well, or the server would keep it.
  followed.run("CREATE TABLE other AS SELECT repeat('x', 1000) FROM generate_series(1, 3000)");
  const Touched passed = followed.touched();
  CHECK(passed.keys.empty());
  CHECK(passed.entries == 1);
  CHECK(passed.until > first.until + 1'000'000);
}

TEST_CASE("an idle server does not keep anybody waiting, wherever its log ends") {
  Followed followed;
  followed.run("SELECT pg_switch_wal()");
  const Touched end = followed.touched();
  CHECK(end.is_last);
  CHECK(end.keys.empty());
}

TEST_CASE("what mig writes is not told, but for the rows that it names") {
  Followed followed;
  {
    auto effect = followed.begin();
    REQUIRE(effect);
    REQUIRE(effect->database().execute("INSERT INTO rows VALUES (1, 'ours'), (2, 'ours')"));
    std::string place;
    append_cell(place, {.storage = StorageClass::Integer, .integer = 2});
    REQUIRE(name_touched(effect->database(), followed.slot().publication(), {place}));
    REQUIRE(name_touched(effect->database(), "another", {place + "0"}));
    REQUIRE(effect->commit({.cursor = "1"}));
  }
  CHECK(followed.keys() == "2");
  followed.run("INSERT INTO rows VALUES (3, 'theirs')");
  CHECK(followed.keys() == "2 3");
  {
    auto effect = followed.begin();
    REQUIRE(effect);
    REQUIRE(effect->database().execute("TRUNCATE rows"));
    REQUIRE(effect->commit({.cursor = "2"}));
  }
  CHECK(followed.keys() == "2 3");
}

TEST_CASE("TRUNCATE stops who follows") {
  Followed followed;
  followed.run("INSERT INTO rows VALUES (1, 'a')");
  followed.run("TRUNCATE rows");
  Result<Touched> read =
      followed.feed().read(position_of(followed.cursor()), 100, Horizon::Settled);
  for (int i = 0; i < 100 && read; ++i)
    read = followed.feed().read(position_of(followed.cursor()), 100, Horizon::Settled);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::Permanent);
  CHECK(read.error().message ==
        "somebody has sent TRUNCATE of `rows`, which takes all rows at once");
}

TEST_CASE("a large transaction is read without its rows") {
  Followed followed;
  followed.run("INSERT INTO rows SELECT i, '' FROM generate_series(1, 100) i");
  followed.pass(followed.touched());
  most_memory();
  const std::int64_t before = most_memory();
  // 240 MB of rows.
  followed.run(
      "DO $$ BEGIN FOR i IN 1..300 LOOP UPDATE rows SET note = repeat(md5(i::text), 250); "
      "END LOOP; END $$");
  const Touched touched = followed.touched();
  CHECK(touched.entries == 100);
  CHECK(touched.is_last);
  CHECK(most_memory() - before < 30'000);
}

TEST_CASE("a commit that nobody sees yet is not passed") {
  PostgresServer server;  // that waits for a standby which never comes
  Followed followed("k0 bigint", {Type::of(Base::I64)}, server);
  followed.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  followed.run("SELECT pg_reload_conf()");
  std::thread writer([&] {
    followed.run(
        "SET synchronous_commit = on; INSERT INTO rows VALUES (1, 'written, and not shown')");
  });
  const auto is_sent = [&] {
    const auto all = followed.feed().is_touched("", position_of(followed.cursor()));
    return all && !followed.stream()->entries().empty();
  };
  while (!is_sent()) {
  }
  const auto read = followed.feed().read(position_of(followed.cursor()), 100, Horizon::Settled);
  REQUIRE(read);
  CHECK(read->entries == 0);
  CHECK_FALSE(read->is_last);
  CHECK(read->until == position_of(followed.cursor()));
  const std::string place = followed.stream()->entries().front().place;
  CHECK(followed.feed().is_touched(place, position_of(followed.cursor())) == true);
  followed.run("ALTER SYSTEM RESET synchronous_standby_names");
  followed.run("SELECT pg_reload_conf()");
  writer.join();
  CHECK(followed.keys() == "1");
}

TEST_CASE("keys of every type are told as a changelog tells them") {
  Followed followed(
      "k0 uuid, k1 text, k2 timestamptz, k3 numeric(10, 4), k4 bool, k5 char(5), k6 bytea, k7 "
      "date, "
      "k8 time, k9 smallint",
      {Type::of(Base::Uuid), Type::of(Base::Text), Type::of(Base::Timestamp), Type::decimal(10, 2),
       Type::of(Base::Bool), Type::text(5), Type::of(Base::Bytes), Type::of(Base::Date),
       Type::of(Base::Time), Type::of(Base::I16)});
  REQUIRE(followed.log().install(followed.asks()));
  followed.run(
      "INSERT INTO rows VALUES "
      "(gen_random_uuid(), 'a\"b''c', '2026-01-02 03:04:05.678901+02', 12.3400, true, 'ab', "
      "'\\x00ff', '2026-02-03', '04:05:06.7', -3), "
      "(gen_random_uuid(), '', '1999-12-31 23:59:59Z', -0.5, false, 'abcde', '', '0001-01-01', "
      "'00:00', 7)");
  followed.run("UPDATE rows SET k1 = k1 || 'z', k3 = k3 + 1 WHERE k4");
  followed.run("DELETE FROM rows WHERE NOT k4");
  const auto logged = followed.log().read(followed.rows(), 0, 1000);
  REQUIRE(logged);
  const Touched touched = followed.touched();
  const std::set<std::string> want(logged->keys.begin(), logged->keys.end());
  CHECK(want.size() == 3);
  CHECK(std::set<std::string>(touched.keys.begin(), touched.keys.end()) == want);
}

TEST_CASE("a server says how much of its log it keeps for a slot") {
  Followed followed;
  const auto kept = [&] {
    auto found = followed.slot().kept_log(followed.asks());
    REQUIRE(found);
    return *found;
  };
  const auto before = kept();
  REQUIRE(before);
  CHECK_FALSE(before->limit);  // this server has none
  // Other tables count as well.
  followed.run(
      "CREATE TABLE wide(t text); ALTER TABLE wide ALTER t SET STORAGE EXTERNAL;"
      "INSERT INTO wide SELECT repeat(md5(i::text), 100) FROM generate_series(1, 1000) i");
  const auto after = kept();
  REQUIRE(after);
  CHECK(after->used > before->used + 3'000'000);
  followed.stream()->close();
  REQUIRE(followed.slot().drop(followed.asks()));
  CHECK_FALSE(kept());
}

TEST_CASE("a slot that was made again begins behind a gap") {
  Followed followed;
  followed.run("INSERT INTO rows VALUES (1, 'a')");
  followed.pass(followed.touched());
  followed.stream()->close();
  REQUIRE(followed.slot().drop(followed.asks()));
  CHECK(followed.touched().is_gap);
  followed.run("INSERT INTO rows VALUES (2, 'untold')");
  REQUIRE(followed.slot().create(followed.asks()));
  followed.feed().stand_at(followed.cursor());
  CHECK(followed.touched().is_gap);
  const auto place = followed.feed().go_on();
  REQUIRE(place);
  followed.run("INSERT INTO rows VALUES (3, 'told')");
  Touched anew{.until = *place};
  followed.pass(anew);
  CHECK(followed.keys() == "3");
  // A table that went out of the publication and came back.
  followed.run(
      fmt::format("ALTER PUBLICATION {0} DROP TABLE rows; INSERT INTO rows VALUES (4, 'd'); "
                  "ALTER PUBLICATION {0} ADD TABLE rows",
                  followed.slot().publication()));
  CHECK(followed.touched().is_gap);
}

TEST_CASE("a server that comes back tells what was not passed") {
  PostgresServer server;
  Followed followed("k0 bigint", {Type::of(Base::I64)}, server);
  followed.run("SET synchronous_commit = on; INSERT INTO rows VALUES (1, 'a')");
  CHECK(followed.keys() == "1");
  server.kill();
  CHECK_FALSE(followed.feed().read(position_of(followed.cursor()), 100, Horizon::Settled));
  server.restart();
  const Database rows = followed.open();
  PostgresSlotFeed feed(followed.stream(), rows, "");
  feed.stand_at(followed.cursor());
  Result<Touched> read = feed.read(position_of(followed.cursor()), 100, Horizon::Settled);
  for (int i = 0; i < 100 && (!read || read->entries == 0); ++i)
    read = feed.read(position_of(followed.cursor()), 100, Horizon::Settled);
  REQUIRE(read);
  CHECK(Followed::shown(*read) == "1");
}

TEST_CASE("a slot that begins anew waits for those who write") {
  Followed followed;
  const Database client = followed.open();
  // Who has the lock of a writer, and no transaction that the server itself would wait for.
  REQUIRE(client.execute("BEGIN; LOCK TABLE rows IN ROW EXCLUSIVE MODE"));
  std::atomic<bool> has_begun{false};
  std::thread follower([&] {
    REQUIRE(followed.feed().go_on());
    has_begun = true;
  });
  while (!has_begun && followed.ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0") {
  }
  CHECK_FALSE(has_begun);
  REQUIRE(client.execute("COMMIT"));
  follower.join();
}
