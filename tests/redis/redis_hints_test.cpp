#include "runtime/stores/redis_hints.hpp"

#include <catch2/catch.hpp>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_effect.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;
using plan::Base;
using plan::Type;

namespace {

const Authority kRun{"journal", "run", 1};
const std::vector<std::string> kAll = {"*"};
const plan::Entity kUser{.name = "User", .fields = {field("id", Type::of(Base::I64), true)}};

std::vector<std::string> places(std::initializer_list<const char*> keys) {
  std::vector<std::string> all;
  for (const char* key : keys)
    all.push_back(KeyPattern::parse(kUser, "user:{id}")->place_of(key));
  return all;
}

}  // namespace

TEST_CASE("whoever listens hears which keys others touched, and not what mig did") {
  const RedisServer server({.more = {"--notify-keyspace-events", "KA"}});
  RedisConnection redis = connected(server.url() + "?db=2");
  RedisConnection elsewhere = connected(server.url());
  done(install_fence(redis, kAll, kRun, 1));
  const auto pattern = value_of(KeyPattern::parse(kUser, "user:{id}"));
  RedisHints hints = value_of(RedisHints::listen(connected(server.url() + "?db=2"), pattern));
  CHECK(value_of(hints.take()).empty());
  REQUIRE(redis.call({"SET", "user:1", "a"}));
  REQUIRE(redis.call({"APPEND", "user:1", "b"}));
  REQUIRE(redis.call({"SET", "other:1", "a"}));
  REQUIRE(elsewhere.call({"SET", "user:9", "a"}));
  REQUIRE(redis.call({"RENAME", "user:1", "user:2"}));
  CHECK(value_of(hints.take()) == places({"user:1", "user:2"}));
  {
    auto effect = value_of(RedisEffect::begin(redis, kAll, kRun, "scan#1"));
    effect.writes().append({"SET", "user:3", "ours"});
    REQUIRE(value_of(effect.commit({})) == Committed::Done);
  }
  REQUIRE(redis.call({"SET", "user:4", "theirs"}));
  CHECK(value_of(hints.take()) == places({"user:4"}));
  REQUIRE(redis.call({"SET", "user:5", "x", "PX", "1"}));
  // Whoever asks for a key that has expired makes it go, with a hint.
  while (ask(redis, {"EXISTS", "user:5"}) == "1") {
  }
  REQUIRE(redis.call({"DEL", "user:4"}));
  CHECK(value_of(hints.take()) == places({"user:4", "user:5"}));
}

TEST_CASE("a listener that lost its server says so") {
  RedisServer server({.more = {"--notify-keyspace-events", "KA"}});
  const auto pattern = value_of(KeyPattern::parse(kUser, "user:{id}"));
  RedisHints hints = value_of(RedisHints::listen(connected(server.url()), pattern));
  server.restart();
  const auto lost = hints.take();
  REQUIRE(!lost);
  CHECK(lost.error().kind == ErrorKind::Transient);
  CHECK(hints.is_lost());
  CHECK(!hints.take());
}

TEST_CASE("a server that tells nothing is refused with what to set") {
  for (const char* events : {"", "EA", "Kg"}) {
    const RedisServer server({.more = {"--notify-keyspace-events", events}});
    const auto pattern = value_of(KeyPattern::parse(kUser, "user:{id}"));
    const auto hints = RedisHints::listen(connected(server.url()), pattern);
    REQUIRE(!hints);
    CHECK(hints.error().kind == ErrorKind::Permanent);
    CHECK(hints.error().help.find("notify-keyspace-events KA") != std::string::npos);
  }
  const RedisServer server({.more = {"--notify-keyspace-events", "Kg$lshzxet"}});
  const auto pattern = value_of(KeyPattern::parse(kUser, "user:{id}"));
  CHECK(RedisHints::listen(connected(server.url()), pattern));
}
