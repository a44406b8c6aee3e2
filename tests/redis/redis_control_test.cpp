#include "runtime/stores/redis_control.hpp"

#include <catch2/catch.hpp>

#include "runtime/stores/redis_effect.hpp"
#include "runtime/stores/redis_letters.hpp"
#include "runtime/stores/redis_netstring.hpp"
#include "runtime/stores/redis_server_facts.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"

using namespace mig::runtime;
using namespace mig::tests;

namespace {

const Authority kAda{"journal-a", "run-a", 1};
const Authority kBob{"journal-b", "run-b", 1};
const std::vector<std::string> kUsers = {"user:{id}"};
const std::vector<std::string> kBoth = {"sess:{id}", "user:{id}"};

Error refusal(const Result<void>& result) {
  REQUIRE(!result);
  CHECK(!result.error().help.empty());
  return result.error();
}

FinishedRun ended(const Authority& authority, std::string outcome, std::string at) {
  return {authority.journal,  authority.run, "move", "hash", "prod",
          std::move(outcome), std::move(at)};
}

DeadLetter letter(const std::string& dataset, const std::string& key, const std::string& step) {
  return {kAda.run, step, dataset, key, "email", "text that is not UTF-8", "now", "team\n\"x\","};
}

void commit(RedisEffect& effect) {
  REQUIRE(value_of(effect.commit({})) == Committed::Done);
}

}  // namespace

TEST_CASE("a fence belongs to one run, and the newest epoch of it") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  CHECK(value_of(read_fences(redis)).empty());
  CHECK(value_of(identity(redis)) == "redis:new:0");
  CHECK(value_of(control_keys(redis)).empty());
  done(install_fence(redis, kBoth, kAda, 7));
  const auto fences = value_of(read_fences(redis));
  REQUIRE(fences.size() == 2);
  CHECK(fences[0].resource == "sess:{id}");
  CHECK(fences[1].run == "run-a");
  CHECK(fences[1].epoch == 1);
  CHECK(fences[1].head_seq == 7);
  done(check_fence(redis, kBoth, kAda));
  const std::string known = value_of(identity(redis));
  CHECK(known.size() == std::string("redis::0").size() + 32);

  const Error held = refusal(install_fence(redis, kUsers, kBob, 1));
  CHECK(held.kind == ErrorKind::Conflict);
  CHECK(held.message.find("`user:{id}`") != std::string::npos);
  CHECK(held.message.find("the run `run-a` of the journal `journal-a`") != std::string::npos);
  CHECK(refusal(check_fence(redis, kUsers, kBob)).kind == ErrorKind::Conflict);
  // All or none: what is free is not taken either.
  CHECK(!install_fence(redis, {"other:{id}", "user:{id}"}, kBob, 1));
  CHECK(value_of(read_fences(redis)).size() == 2);

  const Authority newer{"journal-a", "run-a", 2};
  done(install_fence(redis, kBoth, newer, 9));
  CHECK(refusal(check_fence(redis, kUsers, kAda)).message.find("taken over") != std::string::npos);
  CHECK(refusal(install_fence(redis, kUsers, kAda, 9)).kind == ErrorKind::Conflict);
  CHECK(!install_fence(redis, kUsers, kAda, 9, Takeover::Force));
  done(install_fence(redis, kUsers, kBob, 1, Takeover::Force));
  done(check_fence(redis, kUsers, kBob));
  CHECK(!check_fence(redis, kBoth, newer));
  CHECK(value_of(identity(redis)) == known);
}

TEST_CASE("a fence that vanished is a refusal, and a flushed server is told as one") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  done(install_fence(redis, kUsers, kAda, 1));
  REQUIRE(redis.call({"DEL", control_key("fence")}));
  const Error gone = refusal(check_fence(redis, kUsers, kAda));
  CHECK(gone.kind == ErrorKind::Conflict);
  CHECK(gone.message.find("does not hold `user:{id}`") != std::string::npos);
  CHECK(!RedisEffect::begin(redis, kUsers, kAda, "move/scan#1"));
  done(install_fence(redis, kUsers, kAda, 1));
  REQUIRE(redis.call({"FLUSHALL"}));
  const Error flushed = refusal(check_fence(redis, kUsers, kAda));
  CHECK(flushed.kind == ErrorKind::Permanent);
  CHECK(flushed.message.find("has lost its data") != std::string::npos);
}

TEST_CASE("what is not mig's own writing is refused and not guessed") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  REQUIRE(redis.call({"HSET", control_key("fence"), "user:{id}", "3:abc"}));
  CHECK(refusal(check_fence(redis, kUsers, kAda)).cause == Cause::Damaged);
  CHECK(pack({"abc", "", "a,b:1"}) == "3:abc,0:,5:a,b:1,");
  CHECK(unpack("3:abc,0:,5:a,b:1,", 3) == std::vector<std::string>{"abc", "", "a,b:1"});
  for (const char* text : {"3:abc", "4:abc,", "x", "3abc,", "3:abcd", "99999999999999999999:a,"}) {
    CHECK(!unpack(text, 1));
  }
}

TEST_CASE("a run that ends takes its keys along, and the last one the marker") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  const auto write = [&](const Authority& authority) {
    done(install_fence(redis, {authority.run}, authority, 1));
    auto effect = value_of(RedisEffect::begin(redis, {authority.run}, authority, "move/scan#1"));
    add_dead_letters(effect, {{authority.run, "move/scan#1", "users", "t61", "f", "r", "now", ""}});
    commit(effect);
  };
  write(kAda);
  write(kBob);
  done(release(redis, ended(kAda, "completed", "2026-01-02")));
  CHECK(value_of(read_fences(redis)).size() == 1);
  CHECK(!value_of(read_applied(redis, kAda.run, "move/scan#1")));
  CHECK(value_of(read_applied(redis, kBob.run, "move/scan#1")));
  CHECK(value_of(count_dead_letters(redis, kAda.run, "users")) == 1);
  CHECK(value_of(recorded_environment(redis)) == "prod");
  // The same data under another address have no environment.
  RedisConnection elsewhere = connected(server.tcp_url());
  CHECK(value_of(recorded_environment(elsewhere)) == std::nullopt);
  done(release(redis, ended(kBob, "rolled_back", "2026-01-03")));
  CHECK(value_of(count_dead_letters(redis, "", "users")) == 1);
  const auto runs = value_of(finished_runs(redis));
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].run == "run-a");
  CHECK(runs[0].plan_name == "move");
  CHECK(runs[0].outcome == "completed");
  CHECK(value_of(identity(redis)) != "redis:new:0");

  REQUIRE(redis.call({"FLUSHALL"}));
  write(kAda);
  REQUIRE(redis.call({"SET", "user:1", "x"}));
  done(release(redis, ended(kAda, "rolled_back", "2026-01-02")));
  CHECK(value_of(control_keys(redis)).empty());
  CHECK(ask(redis, {"DBSIZE"}) == "1");
}

TEST_CASE("leftovers are found and taken away, and nothing else is") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  done(install_fence(redis, kUsers, kAda, 1));
  REQUIRE(redis.call({"SET", "user:1", "x"}));
  const auto keys = value_of(control_keys(redis));
  CHECK(keys == std::vector{control_key("fence"), control_key("meta")});
  done(remove_control_keys(redis, {"user:1", keys[0], keys[1]}));
  CHECK(value_of(control_keys(redis)).empty());
  CHECK(ask(redis, {"GET", "user:1"}) == "x");
}

TEST_CASE("dead letters are kept in key order, once a row, and close") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  done(install_fence(redis, kUsers, kAda, 1));
  {
    auto effect = value_of(RedisEffect::begin(redis, kUsers, kAda, "scan#1"));
    add_dead_letters(effect, {letter("users", "t62", "scan#1"), letter("users", "t61", "scan#1"),
                              letter("users", "t63", "scan#1"), letter("usersx", "t61", "scan#1"),
                              letter("user", "t61", "scan#1")});
    commit(effect);
  }
  const auto keys = [&](const std::string& after, std::size_t limit) {
    return value_of(open_letter_keys(redis, kAda.run, "users", after, limit));
  };
  CHECK(keys("", 10) == std::vector<std::string>{"t61", "t62", "t63"});
  CHECK(keys("t61", 1) == std::vector<std::string>{"t62"});
  CHECK(value_of(count_dead_letters(redis, "", "users")) == 3);
  const auto open = value_of(open_dead_letters(redis, "", 2));
  REQUIRE(open.size() == 2);
  CHECK(open[0].dataset == "user");
  CHECK(open[1].owner == "team\n\"x\",");
  CHECK(open[1].step == "scan#1");
  {
    auto effect = value_of(RedisEffect::begin(redis, kUsers, kAda, "follow#2"));
    done(close_dead_letter(effect, "users", "t61", "later"));
    done(close_dead_letter(effect, "users", "t99", "later"));
    add_dead_letters(effect, {letter("users", "t62", "follow#2")});
    commit(effect);
  }
  CHECK(keys("", 10) == std::vector<std::string>{"t62", "t63"});
  CHECK(!value_of(has_open_letter(redis, kAda.run, "users", "t61")));
  CHECK(value_of(has_open_letter(redis, kAda.run, "users", "t62")));
  {
    auto effect = value_of(RedisEffect::begin(redis, kUsers, kAda, "scan#1"));
    done(drop_dead_letters(effect, "scan#1"));
    REQUIRE(value_of(effect.commit_undone()) == Committed::Done);
  }
  CHECK(keys("", 10) == std::vector<std::string>{"t62"});
}

TEST_CASE("a server says what it is, and what cannot be moved to is refused") {
  const RedisServer server({.max_memory = "100mb", .append_only = true});
  RedisConnection redis = connected(server.url());
  auto facts = value_of(read_server_facts(redis));
  CHECK(facts.version.starts_with("7."));
  CHECK(facts.server_run.size() == 40);
  CHECK(facts.replication_id.size() == 40);
  CHECK(!facts.is_replica);
  CHECK(facts.max_memory == 100 * 1024 * 1024);
  CHECK(facts.used_memory > 0);
  CHECK(facts.eviction == "noeviction");
  CHECK(facts.is_append_only);
  done(check_source(facts, "x"));
  done(check_target(facts, "x", Eviction::Refused));
  facts.version = "6.2.1";
  CHECK(refusal(check_source(facts, "x")).message.find("Redis 6.2.1") != std::string::npos);

  const RedisServer cache({.max_memory = "100mb", .max_memory_policy = "allkeys-lru"});
  RedisConnection evicting = connected(cache.url());
  facts = value_of(read_server_facts(evicting));
  CHECK(refusal(check_target(facts, "x", Eviction::Refused)).message.find("`allkeys-lru`") !=
        std::string::npos);
  done(check_target(facts, "x", Eviction::Expected));

  REQUIRE(evicting.call({"REPLICAOF", "127.0.0.1", std::to_string(server.port())}));
  facts = value_of(read_server_facts(evicting));
  CHECK(facts.is_replica);
  CHECK(refusal(check_target(facts, "x", Eviction::Expected)).message.find("is a replica") !=
        std::string::npos);
  const Error write = refusal(install_fence(evicting, kUsers, kAda, 1));
  CHECK(write.message.find("is a replica") != std::string::npos);
}
