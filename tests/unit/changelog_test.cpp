// What the log of touched keys must not miss: every row that differs after a statement of somebody
// else's. What it may log beside that costs a look.
#include "runtime/stores/changelog.hpp"

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "runtime/stores/change_feed.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "tests/support/shop_plan.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::tests;
using runtime::Changelog;
using runtime::Database;

namespace {

constexpr const char* kUsers =
    "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT UNIQUE COLLATE NOCASE, name TEXT, "
    "city TEXT); CREATE UNIQUE INDEX one_in_a_city ON users(name, city) WHERE city IS NOT NULL;"
    "INSERT INTO users VALUES(1, 'a@x', 'ann', 'rome'), (2, 'b@x', 'bob', 'oslo'),"
    "(3, 'c@x', 'cyd', NULL), (4, 'd@x', 'dee', 'rome');";

// A table that is followed by a key of ours, and an application that writes to it.
class Followed {
 public:
  Followed(const std::string& schema, const std::vector<plan::Field>& key)
      : application_(open(schema)) {
    plan_.entities = {{"Row", key, {}}};
    plan_.stores = {{.name = "app", .location = {"app.db"}}};
    plan_.datasets = {{"users", {0}, {0}, "users", {}}};
    REQUIRE(runtime::create_control_tables(application_));
  }

  runtime::Result<void> install() {
    auto log = Changelog::of(plan_, {0});
    REQUIRE(log);
    log_.emplace(std::move(*log));
    return log_->install(application_);
  }
  const Changelog& log() const { return *log_; }
  const Database& application() const { return application_; }
  void run(const std::string& sql) {
    const auto done = application_.execute(sql);
    if (done || application_.last_failure() == runtime::SqlFailure::Constraint) return;
    INFO(sql);
    CHECK(done.error().message.ends_with("datatype mismatch"));
  }

  // Every row as it is, by its place.
  std::map<std::string, std::string> rows() const {
    auto row = application_.prepare(
        fmt::format("SELECT {}, * FROM users", plan_.entities[0].fields[0].column));
    REQUIRE(row);
    std::map<std::string, std::string> found;
    while (row->step().value())
      found[runtime::place_of(*row, 0)] = runtime::place_of(*row, 1, row->column_count() - 1);
    return found;
  }

  // What differs after `sql`, and was not logged.
  std::set<std::string> missed(const std::string& sql) {
    const auto before = rows();
    const auto since = log_->newest(application_).value();
    run(sql);
    const auto after = rows();
    std::set<std::string> differing;
    for (const auto& [key, cells] : before) {
      if (!after.contains(key) || after.at(key) != cells) differing.insert(key);
    }
    for (const auto& [key, cells] : after) {
      if (!before.contains(key)) differing.insert(key);
    }
    const auto touched = log_->read(application_, since, 1'000'000);
    REQUIRE(touched);
    for (const std::string& key : touched->keys)
      differing.erase(key);
    return differing;
  }

 private:
  static Database open(const std::string& schema) {
    auto made = open_sqlite(":memory:", runtime::Mode::Create);
    REQUIRE(made);
    const auto done = made->execute(schema);
    if (!done) FAIL(done.error().message);
    return std::move(*made);
  }

  Database application_;
  plan::Plan plan_;
  std::optional<Changelog> log_;
};

std::vector<plan::Field> by(const char* column, plan::Type type) {
  return {field(column, std::move(type), true)};
}
std::vector<plan::Field> by_id() {
  return by("id", plan::Type::of(plan::Base::I64));
}

Followed users() {
  return Followed(kUsers, by_id());
}

const std::set<std::string> kNothing;

}  // namespace

TEST_CASE("inserts, updates and deletes log their key") {
  Followed table = users();
  REQUIRE(table.install());
  CHECK(table.missed("INSERT INTO users VALUES(9, 'z@x', 'zoe', NULL)") == kNothing);
  CHECK(table.missed("UPDATE users SET name = 'anna' WHERE id = 1") == kNothing);
  CHECK(table.missed("DELETE FROM users WHERE id = 2") == kNothing);
  CHECK(table.missed("DELETE FROM users") == kNothing);
  CHECK(table.log().newest(table.application()).value() > 0);
}

TEST_CASE("what waits in a log is counted behind a place, and without a log nothing waits") {
  Followed table = users();
  REQUIRE(table.install());
  const auto waiting = [&](std::int64_t after) {
    const auto found = table.log().waiting(table.application(), after);
    REQUIRE(found);
    return found->entries;
  };
  CHECK(waiting(0) == 0);
  table.run("DELETE FROM users");  // an entry a row
  CHECK(waiting(0) == 4);
  CHECK(waiting(1) == 3);
  CHECK(waiting(4) == 0);
  REQUIRE(table.log().prune(table.application(), 2));
  CHECK(waiting(runtime::kBeforeAll) == 2);
  REQUIRE(table.log().remove(table.application()));
  CHECK(waiting(0) == 0);
}

TEST_CASE("a changed key logs the row that was and the row that is") {
  Followed table = users();
  REQUIRE(table.install());
  CHECK(table.missed("UPDATE users SET id = 77 WHERE id = 3") == kNothing);
  CHECK(table.missed("UPDATE users SET id = id + 100") == kNothing);

  Followed words(
      "CREATE TABLE users(code TEXT PRIMARY KEY COLLATE NOCASE, name TEXT) WITHOUT ROWID;"
      "INSERT INTO users VALUES('ab', 'x');",
      by("code", plan::Type::text()));
  REQUIRE(words.install());
  CHECK(words.missed("UPDATE users SET code = 'AB'") == kNothing);
}

TEST_CASE("upserts and ignored inserts log rows that live") {
  Followed table = users();
  REQUIRE(table.install());
  CHECK(table.missed("INSERT INTO users VALUES(1, 'new@x', 'n', NULL) "
                     "ON CONFLICT(id) DO UPDATE SET email = excluded.email") == kNothing);
  CHECK(table.missed("INSERT INTO users VALUES(50, 'NEW@x', 'n', NULL) "
                     "ON CONFLICT(email) DO UPDATE SET id = 51") == kNothing);
  CHECK(table.missed("INSERT OR IGNORE INTO users VALUES(2, 'b@x', 'other', NULL)") == kNothing);
  CHECK(table.missed("INSERT OR FAIL INTO users VALUES(60, 'y@x', 'y', NULL), (2, '', '', '')") ==
        kNothing);
  CHECK(table.rows().size() == 5);
}

// One statement, the key it pushes out, and the guard that sees it: without the guard it is missed.
TEST_CASE("rows that REPLACE pushes out are seen by the guards and by nothing else") {
  const auto statement =
      GENERATE(as<std::string>(), "INSERT OR REPLACE INTO users VALUES(9, 'B@x', 'new', NULL)",
               "REPLACE INTO users VALUES(9, 'new@x', 'bob', 'oslo')",
               "UPDATE OR REPLACE users SET email = 'B@X' WHERE id = 1",
               "UPDATE OR REPLACE users SET name = 'bob', city = 'oslo' "
               "WHERE id = 4");
  const std::string bob = "i0000000000000002";
  Followed guarded = users();
  REQUIRE(guarded.install());
  CHECK(guarded.missed(statement) == kNothing);
  CHECK_FALSE(guarded.rows().contains(bob));

  Followed bare = users();
  REQUIRE(bare.install());
  bare.run("DROP TRIGGER mig_ctl_log_evicting_insert_users");
  bare.run("DROP TRIGGER mig_ctl_log_evicting_update_users");
  CHECK(bare.missed(statement) == std::set<std::string>{bob});
}

TEST_CASE("a row may be pushed out by its hidden row id or by a key that is not ours") {
  Followed hidden(
      "CREATE TABLE users(code TEXT PRIMARY KEY, name TEXT);"
      "INSERT INTO users(rowid, code) VALUES(7, 'seven'), (8, 'eight');",
      by("code", plan::Type::text()));
  REQUIRE(hidden.install());
  CHECK(hidden.missed("INSERT OR REPLACE INTO users(rowid, code) VALUES(7, 'nine')") == kNothing);
  CHECK(hidden.missed("UPDATE OR REPLACE users SET rowid = 8 WHERE code = 'nine'") == kNothing);
  CHECK(hidden.rows().size() == 1);

  Followed other(
      "CREATE TABLE users(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE);"
      "INSERT INTO users VALUES(1, 'one'), (2, 'two');",
      by("code", plan::Type::text()));
  REQUIRE(other.install());
  CHECK(other.missed("REPLACE INTO users VALUES(1, 'uno')") == kNothing);
  CHECK(other.missed("UPDATE OR REPLACE users SET id = 2 WHERE code = 'uno'") == kNothing);
}

TEST_CASE("a row is pushed out by the default that REPLACE puts in the place of NULL") {
  Followed table(
      "CREATE TABLE users(id INTEGER PRIMARY KEY, code TEXT NOT NULL DEFAULT 'It''s' UNIQUE);"
      "INSERT INTO users VALUES(1, 'It''s'), (2, 'two');",
      by("id", plan::Type::of(plan::Base::I64)));
  REQUIRE(table.install());
  CHECK(table.missed("INSERT OR REPLACE INTO users VALUES(3, NULL)") == kNothing);
  CHECK(table.missed("UPDATE OR REPLACE users SET code = NULL WHERE id = 2") == kNothing);
  CHECK(table.rows().size() == 1);
}

TEST_CASE("a unique index that no guard can carry is refused by name") {
  Followed table = users();
  REQUIRE(table.application().execute("CREATE UNIQUE INDEX odd ON users(lower(name), id)"));
  const auto refused = table.install();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("`odd` of `users` is over an expression") !=
        std::string::npos);
  REQUIRE(table.application().execute("DROP INDEX odd"));
  CHECK(table.install());

  // Why: without the refusal this row would go and nothing would say so.
  Followed late = users();
  REQUIRE(late.install());
  REQUIRE(late.application().execute("CREATE UNIQUE INDEX odd ON users(lower(name))"));
  CHECK(late.missed("REPLACE INTO users VALUES(9, 'n@x', 'BOB', NULL)") ==
        std::set<std::string>{"i0000000000000002"});
}

TEST_CASE("our own writes log nothing, and a change that was taken back nothing lasting") {
  Followed table = users();
  REQUIRE(table.install());
  const auto& database = table.application();
  const auto newest = [&] { return table.log().newest(database).value(); };
  table.run(
      "BEGIN; INSERT INTO mig_ctl_origin VALUES('mig'); UPDATE users SET name = name || 'x';"
      "DELETE FROM mig_ctl_origin; COMMIT");
  CHECK(newest() == 0);
  table.run("BEGIN; DELETE FROM users; ROLLBACK");
  CHECK(newest() == 0);
}

TEST_CASE("a log is read in order, each key once, and pruned without starting again") {
  Followed table = users();
  REQUIRE(table.install());
  REQUIRE(table.install());  // twice is once
  const Changelog& log = table.log();
  table.run(
      "UPDATE users SET city = NULL WHERE id = 3; UPDATE users SET city = NULL WHERE id = 3;"
      "UPDATE users SET city = NULL WHERE id = 4");
  const auto first = log.read(table.application(), 0, 2);
  REQUIRE(first);
  CHECK(first->entries == 2);
  CHECK_FALSE(first->is_last);
  const auto rest = log.read(table.application(), first->until, 100);
  REQUIRE(rest);
  CHECK(rest->is_last);
  CHECK(log.is_touched(table.application(), "i0000000000000004", first->until).value());
  CHECK_FALSE(log.is_touched(table.application(), "i0000000000000003", rest->until).value());
  REQUIRE(log.prune(table.application(), rest->until));
  const auto none = log.read(table.application(), 0, 100);
  REQUIRE(none);
  CHECK(none->keys.empty());
  CHECK(log.newest(table.application()).value() == rest->until);
  table.run("UPDATE users SET name = 'y' WHERE id = 1");
  CHECK(log.newest(table.application()).value() > rest->until);
  REQUIRE(log.remove(table.application()));
  CHECK_FALSE(log.is_installed(table.application()).value());
}

TEST_CASE("random statements on random tables leave no changed row unlogged") {
  const char* chosen = std::getenv("MIG_SEED");
  const std::uint64_t first = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  const std::vector<std::string> shapes = {
      "id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b TEXT)",
      "id INTEGER PRIMARY KEY, a INTEGER, b TEXT COLLATE NOCASE UNIQUE)",
      "id INT PRIMARY KEY, a INTEGER, b TEXT, UNIQUE(a, b))",
      "id TEXT PRIMARY KEY COLLATE NOCASE, a, b) WITHOUT ROWID",
      "id NOT NULL UNIQUE, a INTEGER PRIMARY KEY, b TEXT UNIQUE)",
      "id INTEGER PRIMARY KEY DESC, a, b UNIQUE)",
  };
  for (std::uint64_t seed = first; seed < first + 120; ++seed) {
    INFO("MIG_SEED=" << seed);
    std::mt19937_64 random(seed);
    const auto pick = [&](std::initializer_list<const char*> words) {
      return std::string(*(words.begin() + random() % words.size()));
    };
    const auto cell = [&] { return pick({"1", "2", "3", "'1'", "'a'", "'A'", "'b'", "4.0"}); };
    Followed table(fmt::format("CREATE TABLE users({};", shapes[random() % shapes.size()]),
                   by("id", plan::Type::text()));
    REQUIRE(table.install());
    for (int i = 0; i < 30; ++i) {
      const std::string verb = pick({"", " OR REPLACE", " OR IGNORE", " OR FAIL"});
      const auto column = [&] { return pick({"id", "a", "b"}); };
      std::string sql;
      switch (random() % 4) {
        case 0:
          sql = fmt::format("DELETE FROM users WHERE {} = {}", column(), cell());
          break;
        case 1:
          sql = fmt::format("UPDATE{} users SET {} = {} WHERE {} > {}", verb, column(), cell(),
                            column(), cell());
          break;
        default:
          sql = fmt::format("INSERT{} INTO users(id, a, b) VALUES({}, {}, {}), ({}, {}, {})", verb,
                            cell(), cell(), cell(), cell(), cell(), cell());
      }
      INFO(sql);
      CHECK(table.missed(sql) == kNothing);
    }
  }
}
