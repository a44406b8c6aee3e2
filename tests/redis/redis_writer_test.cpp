#include "runtime/stores/redis_writer.hpp"

#include <functional>
#include <numeric>

#include <catch2/catch.hpp>

#include "runtime/stores/redis_control.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;
using plan::Base;
using plan::Codec;
using plan::Type;

namespace {

const Authority kRun{"journal", "run", 1};
const std::vector<std::string> kAll = {"*"};
constexpr std::int64_t kLater = 4102444800000;  // 2100-01-01

struct Row {
  std::int64_t id;
  std::string name;
  std::int64_t version;
};

plan::Plan users(Codec codec) {
  auto fields = std::vector{field("id", Type::of(Base::I64), true), field("name", Type::text(5)),
                            field("version", Type::of(Base::I64).as_optional())};
  fields[2].version = true;
  return redis_plan(fields, "user:{id}", codec);
}

Batch batch(const plan::Plan& plan, const std::vector<Row>& rows) {
  Batch made = batch_of(plan);
  for (const Row& row : rows) {
    made.columns[0].append_integer(row.id);
    made.columns[1].append_bytes(row.name);
    made.columns[2].append_integer(row.version);
    ++made.rows;
  }
  return made;
}

class Writing {
 public:
  Writing() { done(install_fence(redis, kAll, kRun, 1)); }

  // What became of each: `C`hanged, `K`ept, or the field and reason of a reject.
  std::string write(const plan::Plan& plan, WriteRule rule, const std::vector<Row>& rows,
                    std::vector<std::int64_t> expiries = {},
                    std::vector<std::uint32_t> merged = {}) {
    auto effect = value_of(RedisEffect::begin(redis, kAll, kRun, "scan#1"));
    auto writer = value_of(RedisWriter::open(effect, plan, kRows, rule, std::move(merged)));
    const Batch source = batch(plan, rows);
    std::vector<std::uint32_t> selected(rows.size());
    std::iota(selected.begin(), selected.end(), 0U);
    std::vector<RowFate> fates;
    done(writer.write(source, selected, expiries, fates));
    if (before_commit) before_commit();
    committed = value_of(effect.commit({}));
    std::string text;
    for (const RowFate& fate : fates) {
      text += fate.written == Written::Changed ? "C"
              : fate.written == Written::Kept  ? "K"
                                               : "(" + fate.field + ": " + fate.reason + ")";
    }
    return text;
  }

  RedisServer server;
  RedisConnection redis = connected(server.url());
  std::function<void()> before_commit;
  Committed committed = Committed::Done;
};

}  // namespace

TEST_CASE("rows are kept, replaced or renewed by the copy's rule") {
  for (const Codec codec : {Codec::Hash, Codec::Json}) {
    Writing w;
    const plan::Plan plan = users(codec);
    const auto stored = [&](const std::string& key) {
      return codec == Codec::Hash ? ask(w.redis, {"HMGET", key, "name", "version"})
                                  : ask(w.redis, {"GET", key});
    };
    const auto row = [&](const std::string& name, int version) {
      return codec == Codec::Hash
                 ? name + " " + std::to_string(version)
                 : "{\"name\":\"" + name + "\",\"version\":" + std::to_string(version) + "}";
    };
    CHECK(w.write(plan, WriteRule::Keep, {{1, "a", 1}, {2, "b", 1}, {1, "c", 2}}) == "CCK");
    CHECK(stored("user:1") == row("a", 1));
    CHECK(w.write(plan, WriteRule::Keep, {{1, "x", 9}, {3, "c", 1}}) == "KC");
    CHECK(stored("user:1") == row("a", 1));
    CHECK(w.write(plan, WriteRule::Replace, {{1, "x", 9}, {2, "b", 1}, {1, "y", 9}}) == "CKC");
    CHECK(stored("user:1") == row("y", 9));
    CHECK(w.write(plan, WriteRule::Newer, {{1, "old", 8}, {1, "same", 9}, {2, "new", 2}}) == "KKC");
    CHECK(stored("user:1") == row("y", 9));
    CHECK(stored("user:2") == row("new", 2));
    CHECK(w.write(plan, WriteRule::Newer, {{2, "v3", 3}, {2, "v5", 5}, {2, "v4", 4}}) == "CCK");
    CHECK(stored("user:2") == row("v5", 5));
  }
}

TEST_CASE("a merge sets the fields that it names, and keeps the others and the expiry") {
  Writing w;
  const plan::Plan plan = users(Codec::Hash);
  const auto merge = [&](std::vector<Row> rows, std::vector<std::uint32_t> fields) {
    return w.write(plan, WriteRule::Merge, rows, {}, std::move(fields));
  };
  const auto stored = [&] { return ask(w.redis, {"HMGET", "user:1", "name", "version", "more"}); };
  CHECK(w.write(plan, WriteRule::Keep, {{1, "a", 1}}, {kLater}) == "C");
  CHECK(merge({{1, "b", 2}, {1, "c", 3}, {1, "c", 4}, {2, "d", 5}}, {1}) == "CCKC");
  CHECK(stored() == "c 1 nil");
  CHECK(ask(w.redis, {"PEXPIRETIME", "user:1"}) == std::to_string(kLater));
  CHECK(ask(w.redis, {"HMGET", "user:2", "name", "version"}) == "d 5");
  CHECK(merge({{1, "c", 9}}, {1}) == "K");
  CHECK(merge({{1, "e", 9}}, {}) == "K");
  CHECK(merge({{1, "e", 9}}, {1, 2}) == "C");
  CHECK(stored() == "e 9 nil");
  // A hash that is no row takes them over all the same; what is no hash cannot.
  REQUIRE(w.redis.call({"HSET", "user:1", "more", "x"}));
  CHECK(merge({{1, "f", 7}}, {1}) == "C");
  CHECK(stored() == "f 9 x");
  REQUIRE(w.redis.call({"SET", "user:3", "text"}));
  CHECK(merge({{3, "g", 1}}, {1}) == "(Row: what is there is no hash, and has no fields)");
}

TEST_CASE("a field that a merge takes away leaves a hash, or is refused") {
  Writing w;
  auto fields = std::vector{field("id", Type::of(Base::I64), true),
                            field("name", Type::text(5).as_optional()),
                            field("version", Type::of(Base::I64).as_optional())};
  const plan::Plan plan = redis_plan(fields, "user:{id}", Codec::Hash);
  const auto merge = [&] {
    auto effect = value_of(RedisEffect::begin(w.redis, kAll, kRun, "scan#1"));
    auto writer = value_of(RedisWriter::open(effect, plan, kRows, WriteRule::Merge, {1}));
    Batch rows = batch_of(plan);
    rows.columns[0].append_integer(1);
    rows.columns[1].append_null();
    rows.columns[2].append_integer(2);
    ++rows.rows;
    std::vector<RowFate> fates;
    done(writer.write(rows, std::vector<std::uint32_t>{0}, {}, fates));
    value_of(effect.commit({}));
    return fates.front();
  };
  REQUIRE(w.redis.call({"HSET", "user:1", "name", "a", "version", "1"}));
  CHECK(merge().written == Written::Changed);
  CHECK(ask(w.redis, {"HMGET", "user:1", "name", "version"}) == "nil 1");
  REQUIRE(w.redis.call({"DEL", "user:1"}));
  REQUIRE(w.redis.call({"HSET", "user:1", "name", "a"}));
  const RowFate refused = merge();
  CHECK(refused.written == Written::Rejected);
  CHECK(refused.reason == "a row without any value, which no hash can be");
  CHECK(ask(w.redis, {"HGET", "user:1", "name"}) == "a");
}

TEST_CASE("versions beyond 2^53 are told apart") {
  Writing w;
  const plan::Plan plan = users(Codec::Json);
  CHECK(w.write(plan, WriteRule::Newer, {{1, "a", 9007199254740993}}) == "C");
  CHECK(w.write(plan, WriteRule::Newer, {{1, "b", 9007199254740992}}) == "K");
  CHECK(w.write(plan, WriteRule::Newer, {{1, "c", 9007199254740994}}) == "C");
}

TEST_CASE("a shared row must be the same in every field, or in its canonical form") {
  Writing w;
  plan::Plan plan = users(Codec::Hash);
  CHECK(w.write(plan, WriteRule::Shared, {{1, "a", 1}, {1, "a", 1}, {1, "b", 1}}) ==
        "CK(name: differs from the shared row of an earlier one in `name`)");
  CHECK(w.write(plan, WriteRule::Shared, {{1, "a", 1}, {1, "a", 2}}) ==
        "K(version: differs from the shared row of an earlier one in `version`)");
  REQUIRE(w.redis.call({"HSET", "user:1", "more", "x"}));
  CHECK(w.write(plan, WriteRule::Shared, {{1, "a", 1}}) ==
        "(id: differs from the shared row of an earlier one in `id`)");
}

TEST_CASE("what stands there in another form is kept, replaced or refused") {
  Writing w;
  const plan::Plan plan = users(Codec::Hash);
  REQUIRE(w.redis.call({"SET", "user:1", "x"}));
  CHECK(w.write(plan, WriteRule::Keep, {{1, "a", 1}}) == "K");
  CHECK(w.write(plan, WriteRule::Newer, {{1, "a", 1}}) ==
        "(Row: the row that is there cannot be read, so nobody knows which is newer)");
  CHECK(w.write(plan, WriteRule::Replace, {{1, "a", 1}}) == "C");
  CHECK(ask(w.redis, {"HGET", "user:1", "name"}) == "a");
}

TEST_CASE("a key expires when its row does, at that very moment") {
  for (const Codec codec : {Codec::Hash, Codec::Json}) {
    Writing w;
    const plan::Plan plan = users(codec);
    CHECK(w.write(plan, WriteRule::Keep, {{1, "a", 1}, {2, "b", 1}}, {kLater, kNoExpiry}) == "CC");
    CHECK(ask(w.redis, {"PEXPIRETIME", "user:1"}) == std::to_string(kLater));
    CHECK(ask(w.redis, {"PEXPIRETIME", "user:2"}) == "-1");
    CHECK(w.write(plan, WriteRule::Replace, {{1, "a", 1}, {2, "b", 1}}, {kLater, kLater + 1}) ==
          "KC");
    CHECK(ask(w.redis, {"PEXPIRETIME", "user:2"}) == std::to_string(kLater + 1));
    CHECK(w.write(plan, WriteRule::Replace, {{1, "a", 1}}, {kNoExpiry}) == "C");
    CHECK(ask(w.redis, {"PEXPIRETIME", "user:1"}) == "-1");
    // What has expired by now is not left behind without an end.
    CHECK(w.write(plan, WriteRule::Replace, {{1, "a", 1}}, {1000}) == "C");
    CHECK(ask(w.redis, {"EXISTS", "user:1"}) == "0");
  }
}

TEST_CASE("what somebody wrote in between is not written over") {
  for (const WriteRule rule :
       {WriteRule::Keep, WriteRule::Replace, WriteRule::Newer, WriteRule::Shared}) {
    Writing w;
    RedisConnection other = connected(w.server.url());
    w.before_commit = [&] { REQUIRE(other.call({"HSET", "user:1", "name", "theirs"})); };
    w.write(users(Codec::Hash), rule, {{1, "ours", 1}, {2, "ours", 1}});
    CHECK(w.committed == Committed::Disturbed);
    CHECK(ask(w.redis, {"HGET", "user:1", "name"}) == "theirs");
    CHECK(ask(w.redis, {"EXISTS", "user:2"}) == "0");
  }
}

TEST_CASE("rows are deleted by their places, within the effect") {
  Writing w;
  const plan::Plan plan = users(Codec::Json);
  CHECK(w.write(plan, WriteRule::Keep, {{1, "a", 1}, {2, "b", 1}}) == "CC");
  auto effect = value_of(RedisEffect::begin(w.redis, kAll, kRun, "scan#1"));
  auto writer = value_of(RedisWriter::open(effect, plan, kRows, WriteRule::Replace));
  const auto place_of = [&](std::string_view key) {
    return value_of(KeyPattern::parse(plan.entities[0], "user:{id}")).place_of(key);
  };
  CHECK(value_of(writer.remove({place_of("user:1"), place_of("user:9")})) == 1);
  std::vector<RowFate> fates;
  const std::uint32_t first = 0;
  done(writer.write(batch(plan, {{1, "again", 1}}), {&first, 1}, {}, fates));
  CHECK(fates[0].written == Written::Changed);
  CHECK(value_of(writer.remove({place_of("user:2"), place_of("user:1")})) == 2);
  REQUIRE(value_of(effect.commit({})) == Committed::Done);
  CHECK(ask(w.redis, {"EXISTS", "user:1", "user:2"}) == "0");
}

TEST_CASE("a row without a key or a form is a reject and the others are written") {
  Writing w;
  plan::Plan plan = redis_plan({field("id", Type::text(), true), field("v", Type::text())}, "{id}",
                               Codec::String);
  Batch rows = batch_of(plan);
  for (const char* id : {"mig:ctl:x", "a"}) {
    rows.columns[0].append_bytes(id);
    rows.columns[1].append_bytes("v");
    ++rows.rows;
  }
  auto effect = value_of(RedisEffect::begin(w.redis, kAll, kRun, "scan#1"));
  auto writer = value_of(RedisWriter::open(effect, plan, kRows, WriteRule::Keep));
  const std::vector<std::uint32_t> both = {0, 1};
  std::vector<RowFate> fates;
  done(writer.write(rows, both, {}, fates));
  CHECK(fates[0].written == Written::Rejected);
  CHECK(fates[0].reason == "a key among mig's own keys");
  CHECK(fates[1].written == Written::Changed);
  REQUIRE(value_of(effect.commit({})) == Committed::Done);
  CHECK(ask(w.redis, {"GET", "a"}) == "v");
}
