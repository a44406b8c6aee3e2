// Backups of keys of a real Redis, and what redis-cli makes of them where the keys are gone.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <fmt/format.h>

#include "runtime/steps/structure.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/test_world.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;
using plan::Type;

namespace {

constexpr const char* kLater = "4102444800000";  // 2100-01-01

struct Cache {
  Cache() {
    plan = redis_plan({tests::field("id", Type::text(), true), tests::field("note", Type::text())},
                      "sess:{id}", plan::Codec::Hash);
    plan.name = "cache";
    plan.stores[0].location = {server.url(), false};
    plan.from = {0};
    plan.steps.emplace_back();
    plan.steps[0].name = "z/backup#1";
    plan.steps[0].action = plan::Backup{{{0}}, "kept/cache.db", {}};
    test.emplace(plan, folder.path());
    test->fence();
  }

  std::unique_ptr<Step> backup() const {
    return make_backup(plan, std::get<plan::Backup>(plan.steps[0].action), {0});
  }
  // Slices up to the one that has written the last page.
  void copy(Step& step) {
    const auto partial = folder / "kept/cache.db.partial";
    do {
      REQUIRE(std::holds_alternative<More>(value_of(step.advance(test->world)).what));
    } while (rows_of(partial, "SELECT count(*) FROM sqlite_schema WHERE type = 'view'") == "0\n");
  }
  // Each key of the server's with what DUMP and PEXPIRETIME say of it.
  std::map<std::string, std::string> image() {
    std::map<std::string, std::string> all;
    for (const RedisReply& key : value_of(redis.call({"KEYS", "*"})).items) {
      if (key.text.starts_with("mig:ctl:")) continue;
      all[key.text] = ask(redis, {"DUMP", key.text}) + ask(redis, {"PEXPIRETIME", key.text});
    }
    return all;
  }

  RedisServer server;
  RedisConnection redis = connected(server.url());
  TemporaryFolder folder;
  plan::Plan plan;
  std::optional<TestWorld> test;
};

bool is_done(const Result<Outcome>& outcome) {
  if (!outcome) FAIL(outcome.error().message);
  return std::holds_alternative<Done>(outcome->what);
}

void check_differs(const Result<Outcome>& outcome) {
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::Permanent);
  CHECK(outcome.error().message.find("differs from the keys") != std::string::npos);
}

}  // namespace

TEST_CASE("a backup of keys holds what redis-cli needs to put them back") {
  Cache cache;
  auto& redis = cache.redis;
  for (int i = 0; i < 450; ++i)
    ask(redis, {"HSET", fmt::format("sess:{}", i), "note", std::string(std::size_t(i), 'x')});
  ask(redis, {"PEXPIREAT", "sess:7", kLater});
  // A text that is hard to write down, and bytes that are none.
  const std::string hard = std::string(1, '\0') + "\x01 'quoted' \"twice\"\r\n";
  ask(redis, {"HSET", "sess:" + hard, "note", hard + "\xff"});
  ask(redis, {"HSET", "sess:ärger", "note", ""});
  ask(redis, {"SET", "sess:wrong", std::string(std::size_t{1} << 20, '\0')});  // no hash, and large
  ask(redis, {"ZADD", "sess:zset", "0.1", "a"});
  ask(redis, {"SET", "other:1", "is of another form"});
  const auto before = cache.image();

  REQUIRE(is_done(cache.test->finish(*cache.backup())));
  const auto file = cache.folder / "kept/cache.db";
  CHECK(rows_of(file, "SELECT dataset, store, place, table_name, rows FROM mig_backup") ==
        "rows|cache|sess:{id}|rows|454\n");
  CHECK(rows_of(file, "SELECT key, kind, expiry FROM rows WHERE key = 'sess:7'") ==
        fmt::format("sess:7|hash|{}\n", kLater));
  CHECK(rows_of(file, "SELECT kind FROM rows WHERE key IN ('sess:wrong', 'sess:zset')") ==
        "string\nNULL\n");

  ask(redis, {"FLUSHALL"});
  ask(redis, {"SET", "other:1", "is of another form"});
  const std::string out = (cache.folder / "out").string();
  const std::string command = fmt::format(
      "sqlite3 -readonly '{}' 'SELECT line FROM mig_restore' | redis-cli -s '{}' > '{}'",
      file.string(), cache.server.socket_path(), out);
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(cache.image() == before);
}

TEST_CASE("a backup of no keys is one") {
  Cache cache;
  REQUIRE(is_done(cache.test->finish(*cache.backup())));
  CHECK(rows_of(cache.folder / "kept/cache.db", "SELECT rows FROM mig_backup") == "0\n");
}

TEST_CASE("a backup of keys is none where somebody wrote meanwhile") {
  Cache cache;
  for (int i = 0; i < 450; ++i)
    ask(cache.redis, {"HSET", fmt::format("sess:{}", i), "note", "x"});
  const auto backup = cache.backup();
  cache.copy(*backup);
  SECTION("a value") {
    ask(cache.redis, {"HSET", "sess:300", "note", "y"});
  }
  SECTION("an expiry") {
    ask(cache.redis, {"PEXPIREAT", "sess:300", kLater});
  }
  SECTION("a key that came") {
    ask(cache.redis, {"HSET", "sess:new", "note", "y"});
  }
  SECTION("a key that went") {
    ask(cache.redis, {"DEL", "sess:300"});
  }
  check_differs(cache.test->finish(*backup));
  CHECK_FALSE(std::filesystem::exists(cache.folder / "kept/cache.db"));
  // When they have stopped it goes through.
  REQUIRE(is_done(cache.test->finish(*backup)));
}

TEST_CASE("a key that expires while it is backed up is no difference") {
  Cache cache;
  ask(cache.redis, {"HSET", "sess:2", "note", "x"});
  std::unique_ptr<Step> backup;
  // However slow the machine is: it must not have expired before it is copied.
  for (int wait = 500;; wait *= 2) {
    ask(cache.redis, {"HSET", "sess:1", "note", "x"});
    ask(cache.redis, {"PEXPIRE", "sess:1", std::to_string(wait)});
    backup = cache.backup();
    cache.copy(*backup);
    const auto partial = cache.folder / "kept/cache.db.partial";
    if (rows_of(partial, "SELECT count(*) FROM rows") == "2\n") break;
  }
  while (ask(cache.redis, {"EXISTS", "sess:1"}) == "1") {
  }
  REQUIRE(is_done(cache.test->finish(*backup)));
  CHECK(rows_of(cache.folder / "kept/cache.db", "SELECT count(*) FROM rows") == "2\n");
}

TEST_CASE("a hash that the server lays out anew is no difference") {
  Cache cache;
  std::vector<std::string> words = {"HSET", "sess:1"};
  for (int i = 0; i < 600; ++i) {
    words.push_back(fmt::format("f{}", i));
    words.emplace_back("x");
  }
  std::vector<std::string_view> views(words.begin(), words.end());
  value_of(cache.redis.call(views));
  const auto backup = cache.backup();
  cache.copy(*backup);
  const std::string before = ask(cache.redis, {"DUMP", "sess:1"});
  for (int i = 0; i < 5000; ++i)
    ask(cache.redis, {"HSET", "sess:1", fmt::format("g{}", i), "x"});
  for (int i = 0; i < 5000; ++i)
    ask(cache.redis, {"HDEL", "sess:1", fmt::format("g{}", i)});
  REQUIRE(ask(cache.redis, {"DUMP", "sess:1"}) != before);
  REQUIRE(is_done(cache.test->finish(*backup)));
}
