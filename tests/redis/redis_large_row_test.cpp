#include "runtime/stores/redis_large_row.hpp"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_passage.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;
using plan::Base;
using plan::Codec;
using plan::Type;
using Fate = LargeRowEnd::Fate;

namespace {

const Authority kRun{"journal", "run", 1};
const std::vector<std::string> kAll = {"*"};
constexpr std::int64_t kLater = 4102444800000;  // 2100-01-01
constexpr std::size_t kMegabyte = std::size_t{1} << 20;

Type optional(Type type) {
  type.optional = true;
  return type;
}

// Rows of one server, to be those of another under other names.
plan::Plan moving(std::vector<plan::Field> fields, Codec codec) {
  plan::Plan plan = redis_plan(std::move(fields), "doc:{id}", codec);
  plan.stores.push_back({.name = "copy", .kind = plan::StoreKind::Redis});
  plan.datasets.push_back({.name = "copies",
                           .entity = plan::EntityId{0},
                           .store = plan::StoreId{1},
                           .keys = plan::Keyspace{"d:{id}:v2", codec, {}}});
  plan.from = plan::DatasetId{0};
  plan.to = {plan::DatasetId{1}};
  return plan;
}

plan::Plan documents() {
  return moving(
      {field("id", Type::text(), true), field("title", Type::text()),
       field("count", optional(Type::of(Base::I64))), field("page1", Type::of(Base::Bytes)),
       field("page2", optional(Type::of(Base::Bytes))),
       field("page3", optional(Type::of(Base::Bytes)))},
      Codec::Hash);
}
plan::Plan texts(Type type) {
  return moving({field("id", Type::text(), true), field("text", std::move(type))}, Codec::String);
}

// Bytes of every kind that no server packs small.
std::string noise(std::size_t size, unsigned seed) {
  std::string bytes;
  std::mt19937 random(seed);
  while (bytes.size() < size)
    bytes += static_cast<char>(random());
  return bytes;
}

struct Moving {
  explicit Moving(plan::Plan moved) : plan(std::move(moved)) {
    done(install_fence(to, kAll, kRun, 1));
    pattern.emplace(value_of(KeyPattern::parse(plan.entities[0], "doc:{id}")));
    row.emplace(value_of(RedisLargeRow::open(connected(source.url()), plan)));
  }

  // One effect; the row's end, if it came.
  std::optional<LargeRowEnd> part(const std::string& key) {
    auto effect = value_of(RedisEffect::begin(to, kAll, kRun, "copy#1"));
    auto end = value_of(row->advance(effect, pattern->place_of(key)));
    REQUIRE(value_of(effect.commit({})) == Committed::Done);
    if (end) CHECK(ask(to, {"EXISTS", parts_key("run", "copy#1")}) == "0");
    ++parts;
    return end;
  }
  LargeRowEnd move(const std::string& key) {
    parts = 0;
    while (true) {
      if (auto end = part(key)) return *end;
      CHECK(ask(to, {"EXISTS", "d:" + key.substr(4) + ":v2"}) == seen);
      REQUIRE(parts < 100);
    }
  }
  void same(const std::string& id) {
    const std::string old_key = "doc:" + id;
    const std::string new_key = "d:" + id + ":v2";
    INFO(id);
    CHECK(ask(from, {"TYPE", old_key}) == ask(to, {"TYPE", new_key}));
    CHECK(ask(from, {"DEBUG", "DIGEST-VALUE", old_key}) ==
          ask(to, {"DEBUG", "DIGEST-VALUE", new_key}));
    CHECK(ask(from, {"PEXPIRETIME", old_key}) == ask(to, {"PEXPIRETIME", new_key}));
  }
  RedisPassage::Page page() {
    auto passage =
        value_of(RedisPassage::open(OpenStore(from), OpenStore(to), plan, connected(source.url())));
    REQUIRE(passage);
    RedisPassage::Page page;
    done(passage->read("", "", 1000, page));
    passage->finish(page);
    return page;
  }
  std::string reason(const std::string& key) {
    const LargeRowEnd end = move(key);
    CHECK(end.fate == Fate::Rejected);
    CHECK(end.why.key == pattern->place_of(key));
    CHECK(ask(to, {"EXISTS", "d:" + key.substr(4) + ":v2"}) == "0");
    return end.why.field + ": " + end.why.reason;
  }

  plan::Plan plan;
  RedisServer source{{.more = {"--enable-debug-command", "yes"}}};
  RedisServer target{{.more = {"--enable-debug-command", "yes"}}};
  RedisConnection from = connected(source.url());
  RedisConnection to = connected(target.url());
  std::optional<KeyPattern> pattern;
  std::optional<RedisLargeRow> row;
  std::string seen = "0";  // of the new key, before the end
  int parts = 0;
};

}  // namespace

TEST_CASE("a large hash is told apart from its page and comes over in parts") {
  Moving t(documents());
  const std::string packed(40 * kMegabyte, 'x');  // a payload of less than a part
  REQUIRE(t.from.call({"HSET", "doc:noise", "title", "a", "count", "7", "page1",
                       noise(3 * kMegabyte, 1), "page2", noise(kMegabyte, 2), "page3", ""}));
  REQUIRE(t.from.call({"HSET", "doc:packed", "title", "b", "page1", packed}));
  REQUIRE(t.from.call({"HSET", "doc:small", "title", "c", "page1", std::string("a\0b", 3)}));
  REQUIRE(t.from.call({"PEXPIREAT", "doc:noise", std::to_string(kLater)}));
  auto page = t.page();
  REQUIRE(page.is_plain);
  CHECK(page.is_last);
  CHECK(page.read == 1);
  CHECK(page.keys == std::vector<std::string>{"d:small:v2"});
  std::ranges::sort(page.large);
  CHECK(page.large == std::vector<std::string>{t.pattern->place_of("doc:noise"),
                                               t.pattern->place_of("doc:packed")});
  CHECK(page.restores.bytes().size() < 1000);
  CHECK(t.move("doc:noise").fate == Fate::Moved);
  CHECK(t.parts > 3);
  t.same("noise");
  CHECK(ask(t.to, {"PEXPIRETIME", "d:noise:v2"}) == std::to_string(kLater));
  CHECK(t.move("doc:packed").fate == Fate::Moved);
  t.same("packed");
}

TEST_CASE("a page that is full leaves what is not small for later") {
  Moving t(documents());
  for (int i = 0; i < 30; ++i) {
    const std::string key = "doc:" + std::to_string(i);
    REQUIRE(t.from.call({"HSET", key, "title", "a", "page1", noise(kMegabyte / 2, 1)}));
  }
  const auto page = t.page();
  REQUIRE(page.is_plain);
  CHECK(page.read + static_cast<std::int64_t>(page.large.size()) == 30);
  CHECK(page.bytes < static_cast<std::int64_t>(6 * kMegabyte));
}

TEST_CASE("a large string comes over in stretches, characters whole") {
  Moving t(texts(Type::text()));
  std::string letters = "x";  // so that no stretch ends with a character
  while (letters.size() < 3 * kMegabyte)
    letters += "\xE2\x82\xAC";
  REQUIRE(t.from.call({"SET", "doc:euros", letters, "PXAT", std::to_string(kLater)}));
  CHECK(t.move("doc:euros").fate == Fate::Moved);
  CHECK(t.parts > 4);
  t.same("euros");
  letters[2 * kMegabyte] = '\xFF';
  REQUIRE(t.from.call({"SET", "doc:none", letters}));
  CHECK(t.reason("doc:none") == "text: text that is not UTF-8 for `text`");
  REQUIRE(t.from.call({"SET", "doc:cut", std::string(2 * kMegabyte, 'x') + "\xE2\x82"}));
  CHECK(t.reason("doc:cut") == "text: text that is not UTF-8 for `text`");

  Moving bytes(texts(Type::of(Base::Bytes)));
  REQUIRE(bytes.from.call({"SET", "doc:noise", noise(2 * kMegabyte + 1, 3)}));
  CHECK(bytes.move("doc:noise").fate == Fate::Moved);
  bytes.same("noise");

  Moving bounded(texts(Type::text(2 * kMegabyte)));
  REQUIRE(bounded.from.call({"SET", "doc:fits", std::string(2 * kMegabyte, 'x')}));
  CHECK(bounded.move("doc:fits").fate == Fate::Moved);
  REQUIRE(bounded.from.call({"SET", "doc:long", std::string(2 * kMegabyte + 1, 'x')}));
  CHECK(bounded.reason("doc:long") == "text: text of 2097153 characters for `text(2097152)`");
}

TEST_CASE("large JSON is read whole, and is JSON or a reject") {
  Moving t(moving({field("id", Type::text(), true), field("text", Type::text())}, Codec::Json));
  const std::string text(2 * kMegabyte, 'x');
  REQUIRE(t.from.call({"SET", "doc:1", R"({"text":")" + text + "\"}"}));
  REQUIRE(t.from.call({"SET", "doc:2", R"({"text":")" + text + "\""}));
  CHECK(t.move("doc:1").fate == Fate::Moved);
  t.same("1");
  CHECK(t.reason("doc:2") == "Row: text that is no JSON");
}

TEST_CASE("what is no row is refused with its reason and moves nothing") {
  Moving t(documents());
  for (int i = 0; i < 3000; ++i) {
    const std::string item = std::to_string(i) + noise(1000, 4);
    t.from.append({"HSET", "doc:wide", item, "1"});
    t.from.append({"ZADD", "doc:zset", "1", item});
    t.from.append({"RPUSH", "doc:list", item});
    t.from.append({"SADD", "doc:set", item});
    t.from.append({"XADD", "doc:stream", "*", "item", item});
  }
  done(t.from.drop_pending());
  CHECK(t.reason("doc:wide") == "Row: the hash has a field that is not declared");
  for (const char* key : {"doc:zset", "doc:list", "doc:set", "doc:stream"})
    CHECK(t.reason(key) == "Row: a value of another kind where a hash is expected");
  const auto page = t.page();
  CHECK(page.is_plain);
  CHECK(page.read == 0);
  CHECK(page.large.size() == 5);

  const std::string much = noise(2 * kMegabyte, 5);
  REQUIRE(t.from.call({"HSET", "doc:number", "title", "a", "count", "x", "page1", much}));
  CHECK(t.reason("doc:number") == "count: text that is no integer for `i64?`");
  REQUIRE(t.from.call({"HSET", "doc:absent", "title", "a", "page2", much}));
  CHECK(t.reason("doc:absent") == "page1: no value where `bytes` is expected");
  REQUIRE(t.from.call({"HSET", "doc:other", "title", "a", "page1", much, "stray", "1"}));
  CHECK(t.reason("doc:other") == "Row: the hash has a field that is not declared");

  REQUIRE(t.from.call({"HSET", "doc:\xFF", "title", "a", "page1", much}));
  CHECK(t.reason("doc:\xFF") == "id: text that is not UTF-8 for `text`");
  plan::Plan bare = documents();
  bare.datasets[1].keys->pattern = "{id}:v2";
  Moving among(bare);
  const std::string ours = "doc:" + control_key("fence");
  REQUIRE(among.from.call({"HSET", ours, "title", "a", "page1", much}));
  CHECK(among.reason(ours) == "id: a key among mig's own keys");
}

TEST_CASE("what stands in the target is kept, and a key that is gone is no row") {
  Moving t(documents());
  REQUIRE(t.from.call({"HSET", "doc:1", "title", "new", "page1", noise(2 * kMegabyte, 6)}));
  REQUIRE(t.to.call({"SET", "d:1:v2", "old"}));
  t.seen = "1";
  CHECK(t.move("doc:1").fate == Fate::Kept);
  CHECK(ask(t.to, {"GET", "d:1:v2"}) == "old");
  CHECK(t.move("doc:none").fate == Fate::Gone);
  // Whatever becomes of a key behind its end is nothing to the next one.
  REQUIRE(!t.part("doc:1"));
  REQUIRE(t.from.call({"SET", "doc:none", "a"}));
  CHECK(t.move("doc:1").fate == Fate::Kept);
  const int undisturbed = t.parts + 1;
  CHECK(t.move("doc:1").fate == Fate::Kept);
  CHECK(t.parts == undisturbed);
}

TEST_CASE("a key that is changed between its parts is read again, and not for ever") {
  Moving t(documents());
  REQUIRE(t.from.call({"HSET", "doc:1", "title", "a", "page1", noise(2 * kMegabyte, 7), "page2",
                       noise(2 * kMegabyte, 8)}));
  REQUIRE(!t.part("doc:1"));
  REQUIRE(!t.part("doc:1"));
  REQUIRE(t.from.call({"HSET", "doc:1", "title", "b", "count", "1"}));
  CHECK(t.move("doc:1").fate == Fate::Moved);
  t.same("1");
  // Of another type, where a part is read: what it says is of no row that ever was.
  REQUIRE(t.from.call({"HSET", "doc:2", "title", "a", "page1", noise(2 * kMegabyte, 9)}));
  REQUIRE(!t.part("doc:2"));
  REQUIRE(t.from.call({"SET", "doc:2", "a"}));
  CHECK(t.reason("doc:2") == "Row: a value of another kind where a hash is expected");
  REQUIRE(t.from.call({"HSET", "doc:3", "title", "a", "page1", noise(2 * kMegabyte, 9)}));
  REQUIRE(!t.part("doc:3"));
  REQUIRE(t.from.call({"DEL", "doc:3"}));
  CHECK(t.move("doc:3").fate == Fate::Gone);

  for (int i = 0; i < 1000; ++i) {
    auto effect = value_of(RedisEffect::begin(t.to, kAll, kRun, "copy#1"));
    const auto end = t.row->advance(effect, t.pattern->place_of("doc:1"));
    if (!end) {
      CHECK(end.error().kind == ErrorKind::Transient);
      CHECK(i > 16);
      return;
    }
    REQUIRE(!*end);
    REQUIRE(value_of(effect.commit({})) == Committed::Done);
    REQUIRE(t.from.call({"HINCRBY", "doc:1", "count", "1"}));
  }
  FAIL("it went on for ever");
}

TEST_CASE("a row gets its name only where nobody has taken that meanwhile, or its parts") {
  Moving t(documents());
  RedisConnection client = connected(t.target.url());
  REQUIRE(t.from.call({"HSET", "doc:1", "title", "a", "page1", noise(2 * kMegabyte, 7)}));
  // What somebody does between the last look and the effect's end.
  const auto ends_amid = [&](const std::vector<std::string_view>& command) {
    std::optional<LargeRowEnd> end;
    while (true) {
      auto effect = value_of(RedisEffect::begin(t.to, kAll, kRun, "copy#1"));
      end = value_of(t.row->advance(effect, t.pattern->place_of("doc:1")));
      if (end) REQUIRE(client.call(command));
      const Committed committed = value_of(effect.commit({}));
      CHECK(committed == (end ? Committed::Disturbed : Committed::Done));
      if (end) return end->fate;
    }
  };
  const std::string parts = parts_key("run", "copy#1");
  CHECK(ends_amid({"UNLINK", parts}) == Fate::Moved);
  CHECK(ask(t.to, {"EXISTS", "d:1:v2"}) == "0");
  CHECK(ends_amid({"SET", "d:1:v2", "theirs"}) == Fate::Moved);
  t.seen = "1";
  CHECK(t.move("doc:1").fate == Fate::Kept);
  CHECK(ask(t.to, {"GET", "d:1:v2"}) == "theirs");
  // Parts that are gone before the last look are put together again.
  t.seen = "0";
  REQUIRE(client.call({"UNLINK", "d:1:v2"}));
  for (int i = 0; i < 4; ++i)
    REQUIRE(!t.part("doc:1"));
  REQUIRE(client.call({"UNLINK", parts}));
  CHECK(t.move("doc:1").fate == Fate::Moved);
  CHECK(t.parts > 2);
  t.same("1");
}

TEST_CASE("parts of an overtaken runner and of an earlier attempt are not mixed in") {
  Moving t(documents());
  REQUIRE(t.from.call({"HSET", "doc:1", "title", "a", "page1", noise(2 * kMegabyte, 7)}));
  REQUIRE(!t.part("doc:1"));
  REQUIRE(!t.part("doc:1"));
  REQUIRE(t.to.call({"HSET", parts_key("run", "copy#1"), "page3", "of before"}));
  auto late = value_of(RedisEffect::begin(t.to, kAll, kRun, "copy#1"));
  REQUIRE(!value_of(t.row->advance(late, t.pattern->place_of("doc:1"))));
  const Authority next{"journal", "run", 2};
  RedisConnection own = connected(t.target.url());
  done(install_fence(own, kAll, next, 1));
  const auto refused = late.commit({});
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::Conflict);

  auto row = value_of(RedisLargeRow::open(connected(t.source.url()), t.plan));
  std::optional<LargeRowEnd> end;
  while (!end) {
    auto effect = value_of(RedisEffect::begin(own, kAll, next, "copy#1"));
    end = value_of(row.advance(effect, t.pattern->place_of("doc:1")));
    REQUIRE(value_of(effect.commit({})) == Committed::Done);
  }
  CHECK(end->fate == Fate::Moved);
  t.same("1");
  // What a run leaves behind in the middle goes with it.
  auto effect = value_of(RedisEffect::begin(own, kAll, next, "copy#1"));
  effect.writes().append({"HSET", parts_key("run", "copy#1"), "title", "a"});
  REQUIRE(value_of(effect.commit({})) == Committed::Done);
  done(release(own, {"journal", "run", "move", "hash", "default", "rolled_back", "now"}));
  CHECK(value_of(control_keys(own)).empty());
}
