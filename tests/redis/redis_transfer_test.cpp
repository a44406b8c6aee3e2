#include <catch2/catch.hpp>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_dump.hpp"
#include "runtime/stores/redis_large_key.hpp"
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
constexpr std::int64_t kLater = 4102444800000;  // 2100-01-01
constexpr std::int64_t kLarge = 1 << 20;

const plan::Entity kSession{.name = "Session", .fields = {field("id", Type::text(), true)}};

struct Transfer {
  Transfer() { done(install_fence(to, kAll, kRun, 1)); }

  // What became of each key; commits.
  std::vector<RowFate> move(const std::vector<std::string>& keys, WriteRule rule) {
    done(dump_keys(from, keys, kLarge, page));
    auto effect = value_of(RedisEffect::begin(to, kAll, kRun, "scan#1"));
    std::vector<RowFate> fates;
    done(restore_keys(effect, page, rule, names, fates));
    REQUIRE(value_of(effect.commit({})) == Committed::Done);
    return fates;
  }

  Written move_large(const std::string& key, const std::string& renamed, WriteRule rule) {
    auto copy = value_of(LargeKeyCopy::begin(from, to, kAll, kRun, "scan#1", key));
    parts = 1;
    while (!value_of(copy.advance())) {
      ++parts;
      CHECK(ask(to, {"EXISTS", parts_key("run", "scan#1")}) == "1");
    }
    auto effect = value_of(RedisEffect::begin(to, kAll, kRun, "scan#1"));
    const Written written = value_of(copy.finish(effect, renamed, rule));
    REQUIRE(value_of(effect.commit({})) == Committed::Done);
    CHECK(ask(to, {"EXISTS", parts_key("run", "scan#1")}) == "0");
    return written;
  }

  RedisServer source;
  RedisServer target;
  RedisConnection from = connected(source.url());
  RedisConnection to = connected(target.url());
  KeyRename names = value_of(KeyRename::between(kSession, "sess:{id}", "s:{id}:v2"));
  DumpPage page;
  int parts = 0;
};

}  // namespace

TEST_CASE("keys of every type move as they are, under new names, with their expiry") {
  Transfer t;
  REQUIRE(
      t.from.call({"SET", "sess:text", std::string("a\0b", 3), "PXAT", std::to_string(kLater)}));
  REQUIRE(t.from.call({"HSET", "sess:hash", "a", "1", "b", ""}));
  REQUIRE(t.from.call({"RPUSH", "sess:list", "1", "2", "3"}));
  REQUIRE(t.from.call({"ZADD", "sess:zset", "0.1", "a", "-inf", "b"}));
  REQUIRE(t.from.call({"XADD", "sess:stream", "1-1", "a", "b"}));
  const std::vector<std::string> keys = {"sess:text", "sess:hash",   "sess:list",
                                         "sess:zset", "sess:stream", "sess:none"};
  CHECK(value_of(can_restore(t.from, t.to, keys[0])));
  const auto fates = t.move(keys, WriteRule::Keep);
  CHECK(t.page.gone == 1);
  CHECK(t.page.large.empty());
  REQUIRE(fates.size() == 5);
  for (const RowFate& fate : fates)
    CHECK(fate.written == Written::Changed);
  for (const char* name : {"text", "hash", "list", "zset", "stream"}) {
    const std::string old_key = "sess:" + std::string(name);
    const std::string new_key = "s:" + std::string(name) + ":v2";
    INFO(name);
    CHECK(ask(t.from, {"DUMP", old_key}) == ask(t.to, {"DUMP", new_key}));
    CHECK(ask(t.from, {"PEXPIRETIME", old_key}) == ask(t.to, {"PEXPIRETIME", new_key}));
  }
  CHECK(ask(t.to, {"PEXPIRETIME", "s:text:v2"}) == std::to_string(kLater));
}

TEST_CASE("keep leaves what is there, replace does not, and a name that is none is a reject") {
  Transfer t;
  REQUIRE(t.from.call({"MSET", "sess:1", "new", "sess:2", "new", "other", "x"}));
  REQUIRE(t.to.call({"SET", "s:1:v2", "old", "PXAT", std::to_string(kLater)}));
  auto fates = t.move({"sess:1", "sess:2", "other"}, WriteRule::Keep);
  CHECK(fates[0].written == Written::Kept);
  CHECK(fates[1].written == Written::Changed);
  CHECK(fates[2].written == Written::Rejected);
  CHECK(fates[2].reason == "the key is not of the form `sess:{id}`");
  CHECK(ask(t.to, {"GET", "s:1:v2"}) == "old");
  fates = t.move({"sess:1"}, WriteRule::Replace);
  CHECK(fates[0].written == Written::Changed);
  CHECK(ask(t.to, {"GET", "s:1:v2"}) == "new");
  CHECK(ask(t.to, {"PEXPIRETIME", "s:1:v2"}) == "-1");
}

TEST_CASE("a key that was written in between is not written over") {
  Transfer t;
  REQUIRE(t.from.call({"SET", "sess:1", "ours"}));
  done(dump_keys(t.from, {"sess:1"}, kLarge, t.page));
  auto effect = value_of(RedisEffect::begin(t.to, kAll, kRun, "scan#1"));
  std::vector<RowFate> fates;
  done(restore_keys(effect, t.page, WriteRule::Keep, t.names, fates));
  RedisConnection other = connected(t.target.url());
  REQUIRE(other.call({"SET", "s:1:v2", "theirs"}));
  CHECK(value_of(effect.commit({})) == Committed::Disturbed);
  CHECK(ask(t.to, {"GET", "s:1:v2"}) == "theirs");
}

TEST_CASE("a payload of a newer format is not sent to an older server") {
  Transfer t;
  REQUIRE(t.from.call({"SET", "sess:1", "x"}));
  const std::string payload = t.from.call({"DUMP", "sess:1"})->text;
  REQUIRE(payload_format(payload));
  CHECK(*payload_format(payload) ==
        *payload_format(t.to.call({"DUMP", control_key("fence")})->text));
  std::string newer = payload;
  newer[newer.size() - 10] = static_cast<char>(newer[newer.size() - 10] + 1);
  CHECK(*payload_format(newer) == *payload_format(payload) + 1);
  CHECK(!payload_format("short"));
  // What the server says of one shows that the format stands where it is looked for.
  CHECK(!t.to.call({"RESTORE", "x", "0", newer}));
}

TEST_CASE("large keys are told apart and move in parts") {
  Transfer t;
  const std::string much(3'000'000, 'x');
  REQUIRE(t.from.call({"SET", "sess:text", much + "end"}));
  for (int i = 0; i < 30'000; ++i) {
    const std::string item = "item" + std::to_string(i) + std::string(40, 'y');
    t.from.append({"HSET", "sess:hash", item, std::to_string(i)});
    t.from.append({"RPUSH", "sess:list", item});
    t.from.append({"SADD", "sess:set", item});
    t.from.append({"ZADD", "sess:zset", std::to_string(i) + ".1", item});
  }
  t.from.append({"PEXPIREAT", "sess:hash", std::to_string(kLater)});
  t.from.append({"SET", "sess:small", "x"});
  done(t.from.drop_pending());
  const std::vector<std::string> large = {"sess:text", "sess:hash", "sess:list", "sess:set",
                                          "sess:zset"};
  auto keys = large;
  keys.emplace_back("sess:small");
  done(dump_keys(t.from, keys, kLarge, t.page));
  CHECK(t.page.large == large);
  CHECK(t.page.keys.size() == 1);
  for (const std::string& key : large) {
    INFO(key);
    CHECK(t.move_large(key, key, WriteRule::Keep) == Written::Changed);
    CHECK(t.parts > 2);
    CHECK(ask(t.from, {"PEXPIRETIME", key}) == ask(t.to, {"PEXPIRETIME", key}));
  }
  CHECK(ask(t.to, {"GET", "sess:text"}) == much + "end");
  CHECK(ask(t.to, {"LRANGE", "sess:list", "0", "-1"}) ==
        ask(t.from, {"LRANGE", "sess:list", "0", "-1"}));
  CHECK(ask(t.to, {"ZRANGE", "sess:zset", "0", "-1", "WITHSCORES"}) ==
        ask(t.from, {"ZRANGE", "sess:zset", "0", "-1", "WITHSCORES"}));
  CHECK(ask(t.to, {"SCARD", "sess:set"}) == "30000");
  CHECK(ask(t.to, {"HLEN", "sess:hash"}) == "30000");
  CHECK(ask(t.to, {"HGET", "sess:hash", "item77" + std::string(40, 'y')}) == "77");
  CHECK(ask(t.to, {"SISMEMBER", "sess:set", "item77" + std::string(40, 'y')}) == "1");

  CHECK(t.move_large("sess:list", "sess:hash", WriteRule::Keep) == Written::Kept);
  CHECK(ask(t.to, {"TYPE", "sess:hash"}) == "hash");
  CHECK(t.move_large("sess:list", "sess:hash", WriteRule::Replace) == Written::Changed);
  CHECK(ask(t.to, {"TYPE", "sess:hash"}) == "list");
  CHECK(ask(t.to, {"PEXPIRETIME", "sess:hash"}) == "-1");
  CHECK(t.move_large("sess:none", "sess:none", WriteRule::Keep) == Written::Kept);
}

TEST_CASE("parts of an overtaken runner and of an earlier attempt are not mixed in") {
  Transfer t;
  for (int i = 0; i < 3000; ++i)
    t.from.append({"RPUSH", "sess:list", std::to_string(i)});
  done(t.from.drop_pending());
  auto lost = value_of(LargeKeyCopy::begin(t.from, t.to, kAll, kRun, "scan#1", "sess:list"));
  CHECK(!value_of(lost.advance()));
  const Authority next{"journal", "run", 2};
  done(install_fence(t.to, kAll, next, 1));
  RedisConnection own = connected(t.target.url());
  auto copy = value_of(LargeKeyCopy::begin(t.from, own, kAll, next, "scan#1", "sess:list"));
  CHECK(!value_of(copy.advance()));
  const auto late = lost.advance();
  REQUIRE(!late);
  CHECK(late.error().kind == ErrorKind::Conflict);
  while (!value_of(copy.advance())) {
  }
  auto effect = value_of(RedisEffect::begin(own, kAll, next, "scan#1"));
  CHECK(value_of(copy.finish(effect, "sess:list", WriteRule::Keep)) == Written::Changed);
  REQUIRE(value_of(effect.commit({})) == Committed::Done);
  CHECK(ask(own, {"LRANGE", "sess:list", "0", "-1"}) ==
        ask(t.from, {"LRANGE", "sess:list", "0", "-1"}));
  // What a run leaves behind in the middle goes with it.
  auto left = value_of(LargeKeyCopy::begin(t.from, own, kAll, next, "scan#1", "sess:list"));
  CHECK(!value_of(left.advance()));
  done(release(own, {"journal", "run", "move", "hash", "default", "rolled_back", "now"}));
  CHECK(value_of(control_keys(own)).empty());
}

TEST_CASE("a large stream is refused with what to do") {
  Transfer t;
  REQUIRE(t.from.call({"XADD", "sess:stream", "1-1", "a", "b"}));
  const auto copy = LargeKeyCopy::begin(t.from, t.to, kAll, kRun, "scan#1", "sess:stream");
  REQUIRE(!copy);
  CHECK(copy.error().kind == ErrorKind::Permanent);
  CHECK(copy.error().message.ends_with("is a stream, which has no parts"));
}
