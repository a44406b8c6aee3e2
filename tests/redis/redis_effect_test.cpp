#include "runtime/stores/redis_effect.hpp"

#include <random>

#include <catch2/catch.hpp>

#include "runtime/stores/redis_control.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/unit/child_process.hpp"

using namespace mig::runtime;
using namespace mig::tests;

namespace {

const Authority kFirst{"journal", "run", 1};
const std::vector<std::string> kUsers = {"user:{id}"};
constexpr const char* kStep = "move/scan#1";

Authority of_epoch(std::int64_t epoch) {
  return {"journal", "run", epoch};
}

Applied at(std::int64_t cursor) {
  return {.cursor = std::to_string(cursor), .counts = {.read = cursor, .moved = cursor}};
}

std::int64_t cursor_of(const std::optional<Applied>& applied) {
  return applied ? std::stoll(applied->cursor) : 0;
}

// Appends the number of the next chunk to a log, with its note.
Result<Committed> one_chunk(RedisConnection& redis, const Authority& authority) {
  auto effect = RedisEffect::begin(redis, kUsers, authority, kStep);
  if (!effect) return std::unexpected(effect.error());
  const std::int64_t next = cursor_of(effect->applied()) + 1;
  effect->writes().append({"RPUSH", "log", std::to_string(next)});
  effect->writes().append({"SET", "by", std::to_string(authority.epoch)});
  return effect->commit(at(next));
}

std::string state(RedisConnection& redis) {
  return ask(redis, {"LRANGE", "log", "0", "-1"}) + " by " + ask(redis, {"GET", "by"}) + " at " +
         std::to_string(cursor_of(value_of(read_applied(redis, "run", kStep))));
}

std::string numbers_to(std::int64_t last) {
  std::string text;
  for (std::int64_t i = 1; i <= last; ++i)
    text += (i == 1 ? "" : " ") + std::to_string(i);
  return text;
}

}  // namespace

TEST_CASE("rows and the step's note are written together or not at all") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  done(install_fence(redis, kUsers, kFirst, 1));
  CHECK(!value_of(read_applied(redis, "run", kStep)));
  {
    auto effect = value_of(RedisEffect::begin(redis, kUsers, kFirst, kStep));
    effect.writes().append({"SET", "user:1", "x"});
  }
  CHECK(ask(redis, {"EXISTS", "user:1"}) == "0");
  {
    auto effect = value_of(RedisEffect::begin(redis, kUsers, kFirst, kStep));
    effect.writes().append({"SET", "user:1", "x"});
    Applied now{.cursor = "t61:\n,", .counts = {5, 2, 2, 1, 4}, .finished = true};
    REQUIRE(value_of(effect.commit(now)) == Committed::Done);
  }
  CHECK(ask(redis, {"GET", "user:1"}) == "x");
  CHECK(ask(redis, {"EXISTS", control_key("origin")}) == "0");
  const auto applied = value_of(read_applied(redis, "run", kStep));
  REQUIRE(applied);
  CHECK(applied->cursor == "t61:\n,");
  CHECK(applied->counts.rejected == 1);
  CHECK(applied->counts.written == 4);
  CHECK(applied->finished);
  {
    auto effect = value_of(RedisEffect::begin(redis, kUsers, kFirst, kStep));
    CHECK(effect.applied());
    effect.writes().append({"DEL", "user:1"});
    REQUIRE(value_of(effect.commit_undone()) == Committed::Done);
  }
  CHECK(!value_of(read_applied(redis, "run", kStep)));
  CHECK(ask(redis, {"EXISTS", "user:1"}) == "0");
}

TEST_CASE("what was watched and touched refuses the effect, and nothing happens") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  RedisConnection other = connected(server.url());
  done(install_fence(redis, kUsers, kFirst, 1));
  auto effect = value_of(RedisEffect::begin(redis, kUsers, kFirst, kStep));
  done(effect.watch({"user:1", "user:2"}));
  CHECK(ask(redis, {"EXISTS", "user:1"}) == "0");
  effect.writes().append({"SET", "user:1", "ours"});
  REQUIRE(other.call({"SET", "user:1", "theirs"}));
  CHECK(value_of(effect.commit(at(1))) == Committed::Disturbed);
  CHECK(ask(redis, {"GET", "user:1"}) == "theirs");
  CHECK(!value_of(read_applied(redis, "run", kStep)));
}

TEST_CASE("a command that is refused refuses the whole effect") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  RedisConnection other = connected(server.url());
  done(install_fence(redis, kUsers, kFirst, 1));
  REQUIRE(redis.call({"SET", "user:0", "x"}));
  auto effect = value_of(RedisEffect::begin(redis, kUsers, kFirst, kStep));
  effect.writes().append({"DEL", "user:0"});
  effect.writes().append({"SET", "user:1", "x"});
  REQUIRE(other.call({"CONFIG", "SET", "maxmemory", "1"}));
  const auto full = effect.commit(at(1));
  REQUIRE(!full);
  CHECK(full.error().cause == Cause::DiskFull);
  CHECK(ask(redis, {"EXISTS", "user:0"}) == "1");
}

TEST_CASE("a late commit under an older epoch changes nothing") {
  const RedisServer server;
  RedisConnection late = connected(server.url());
  RedisConnection taker = connected(server.url());
  for (std::int64_t epoch = 1; epoch < 200; ++epoch) {
    done(install_fence(late, kUsers, of_epoch(epoch), epoch));
    auto effect = value_of(RedisEffect::begin(late, kUsers, of_epoch(epoch), kStep));
    effect.writes().append({"SET", "by", std::to_string(epoch)});
    done(install_fence(taker, kUsers, of_epoch(epoch + 1), epoch));
    REQUIRE(value_of(one_chunk(taker, of_epoch(epoch + 1))) == Committed::Done);
    const std::string before = state(taker);
    const auto refused = effect.commit(at(77));
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::Conflict);
    CHECK(refused.error().message.find("taken over") != std::string::npos);
    CHECK(state(taker) == before);
  }
}

TEST_CASE("a commit after the fence vanished changes nothing") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  RedisConnection other = connected(server.url());
  for (const char* command : {"DEL", "UNLINK", "FLUSHALL"}) {
    done(install_fence(redis, kUsers, kFirst, 1));
    auto effect = value_of(RedisEffect::begin(redis, kUsers, kFirst, kStep));
    effect.writes().append({"SET", "user:1", "x"});
    if (std::string_view(command) == "FLUSHALL") {
      REQUIRE(other.call({command}));
    } else {
      REQUIRE(other.call({command, control_key("fence")}));
    }
    CHECK(!effect.commit(at(1)));
    CHECK(ask(redis, {"EXISTS", "user:1"}) == "0");
  }
}

TEST_CASE("the guard is the watch: checked only before, a late commit lands") {
  const RedisServer server;
  RedisConnection late = connected(server.url());
  RedisConnection taker = connected(server.url());
  done(install_fence(late, kUsers, kFirst, 1));
  done(check_fence(late, kUsers, kFirst));
  done(install_fence(taker, kUsers, of_epoch(2), 1));
  RedisCommands writes;
  writes.append({"SET", "by", "1"});
  RedisTransaction unwatched(late);
  CHECK(value_of(unwatched.commit(writes)));
  CHECK(ask(taker, {"GET", "by"}) == "1");
}

TEST_CASE("a runner that stood still and went on changes nothing") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  std::mt19937 random(5);
  for (std::int64_t round = 0; round < 60; ++round) {
    const std::int64_t epoch = 2 * round + 1;
    done(install_fence(redis, kUsers, of_epoch(epoch), 1));
    ChildProcess runner([&](const Line& line) {
      auto own = RedisConnection::open(server.url());
      line.say(own ? "running" : "closed");
      while (own) {
        const auto committed = one_chunk(*own, of_epoch(epoch));
        if (committed) continue;
        line.say(committed.error().kind == ErrorKind::Conflict ? "conflict" : "other");
        return;
      }
    });
    REQUIRE(runner.hear() == "running");
    // Some chunks, a different number each time, then wherever it is.
    for (auto looks = random() % 40; looks > 0; --looks)
      state(redis);
    runner.stop();
    done(install_fence(redis, kUsers, of_epoch(epoch + 1), 1));
    REQUIRE(value_of(one_chunk(redis, of_epoch(epoch + 1))) == Committed::Done);
    const std::string before = state(redis);
    runner.resume();
    CHECK(runner.hear() == "conflict");
    runner.wait();
    CHECK(state(redis) == before);
  }
  const std::int64_t last = cursor_of(value_of(read_applied(redis, "run", kStep)));
  CHECK(last > 60);
  CHECK(ask(redis, {"LRANGE", "log", "0", "-1"}) == numbers_to(last));
}

TEST_CASE("after a lost answer nothing is done twice and nothing left out") {
  RedisServer server;
  const auto open = [&] {
    return std::move(
        *RedisConnection::open(server.url(), {.command = std::chrono::milliseconds(20)}));
  };
  RedisConnection redis = open();
  done(install_fence(redis, kUsers, kFirst, 1));
  std::mt19937 random(3);
  constexpr std::int64_t kChunks = 100;
  std::int64_t lost = 0;
  std::int64_t disturbed = 0;
  std::int64_t reached = 0;
  while (reached < kChunks) {
    auto effect = value_of(RedisEffect::begin(redis, kUsers, kFirst, kStep));
    reached = cursor_of(effect.applied()) + 1;
    effect.writes().append({"RPUSH", "log", std::to_string(reached)});
    const bool is_silent = random() % 3 == 0;
    if (is_silent) server.stop();
    const auto committed = effect.commit(at(reached));
    if (is_silent) server.resume();
    if (committed) {
      if (*committed == Committed::Disturbed) ++disturbed, --reached;
      continue;
    }
    CHECK(committed.error().kind == ErrorKind::Transient);
    CHECK(redis.is_lost());
    ++lost;
    --reached;
    redis = open();
  }
  INFO(lost << " lost, " << disturbed << " disturbed");
  CHECK(lost > 5);
  CHECK(ask(redis, {"LRANGE", "log", "0", "-1"}) == numbers_to(kChunks));
}

TEST_CASE("a server that dies keeps whole effects only") {
  RedisServer server({.append_only = true});
  RedisConnection redis = connected(server.url());
  done(install_fence(redis, kUsers, kFirst, 1));
  std::mt19937 random(9);
  for (int round = 0; round < 15; ++round) {
    ChildProcess runner([&](const Line& line) {
      auto own = RedisConnection::open(server.url());
      line.say(own ? "open" : "closed");
      while (own && one_chunk(*own, kFirst))
        line.say("one");
    });
    REQUIRE(runner.hear() == "open");
    for (auto chunks = random() % 10; chunks > 0; --chunks)
      REQUIRE(runner.hear() == "one");
    server.restart();
    runner.wait();
    redis = connected(server.url());
    const std::int64_t last = cursor_of(value_of(read_applied(redis, "run", kStep)));
    CHECK(ask(redis, {"LRANGE", "log", "0", "-1"}) == numbers_to(last));
  }
}
