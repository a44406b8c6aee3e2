#include "runtime/stores/redis_rows.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;
using plan::Base;
using plan::Codec;
using plan::Type;

namespace {

std::vector<Type> all_types() {
  std::vector<Type> types;
  for (const Base base :
       {Base::Bool, Base::I16, Base::I32, Base::I64, Base::F64, Base::Text, Base::Bytes, Base::Uuid,
        Base::Date, Base::Time, Base::Timestamp, Base::Json}) {
    types.push_back(Type::of(base));
  }
  types.push_back(Type::decimal(12, 2));
  types.push_back(Type{.base = Base::OneOf, .members = {"new", "paid"}});
  types.push_back(Type::list(Type::of(Base::I64).as_optional()));
  types.push_back(Type::list(Type::list(Type::text())));
  types.push_back(Type::list(Type::of(Base::Bytes)));
  return types;
}

std::vector<plan::Field> fields_of_every_type() {
  std::vector<plan::Field> fields = {field("id", Type::of(Base::I64), true)};
  for (const Type& type : all_types()) {
    fields.push_back(field("f" + std::to_string(fields.size()), type));
    fields.push_back(field("f" + std::to_string(fields.size()), type.as_optional()));
  }
  return fields;
}

// Writes the rows as the codec says and reads them back through the server.
void check_round_trip(RedisConnection& redis, const plan::Plan& plan, const Batch& rows) {
  const TemporaryFolder folder;
  RedisRows reader = value_of(RedisRows::open(redis, plan, kRows, folder.path()));
  std::map<std::string, Fingerprint> expected;
  std::vector<std::string> words;
  std::string key;
  for (std::size_t row = 0; row < rows.rows; ++row) {
    REQUIRE(!reader.pattern().print(rows, row, key));
    CHECK(reader.pattern().place_of(key) == written_key(plan.entities[0], rows, row));
    CHECK(reader.pattern().key_at(reader.pattern().place_of(key)) == key);
    const auto reject = reader.codec().print(rows, row, words);
    INFO((reject ? reject->reason : ""));
    REQUIRE(!reject);
    words.insert(words.begin(), {words.size() > 1 ? "HSET" : "SET", key});
    std::vector<std::string_view> views(words.begin(), words.end());
    REQUIRE(redis.call(views));
    expected[written_key(plan.entities[0], rows, row)] = print_of(rows, row);
  }
  CHECK(value_of(reader.count()) == static_cast<std::int64_t>(expected.size()));
  Page page;
  std::string place;
  std::size_t found = 0;
  do {
    done(reader.read(place, "", 7, page));
    for (const BadRow& bad : page.bad)
      FAIL_CHECK(bad.field << ": " << bad.reason);
    for (std::size_t row = 0; row < page.rows.rows; ++row, ++found)
      CHECK(expected.at(page.keys[row]) == print_of(page.rows, row));
    place = page.last;
  } while (!page.is_last);
  CHECK(found == expected.size());
}

// The one bad row's reason, or nothing where the row is read.
std::string reason(RedisConnection& redis, const plan::Plan& plan, const std::string& key) {
  RedisRows reader = value_of(RedisRows::open(redis, plan, kRows, "/nonexistent"));
  Page page;
  const std::string place = reader.pattern().place_of(key);
  std::vector<std::string> gone;
  done(reader.read_each({place}, page, gone));
  if (page.bad.empty()) return page.rows.rows == 1 ? "" : "gone";
  CHECK(page.rows.rows == 0);
  CHECK(page.bad[0].key == place);
  return page.bad[0].field + ": " + page.bad[0].reason;
}

}  // namespace

TEST_CASE("values of every type come back through every codec as they were") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  RandomRows random(7);
  for (const Codec codec : {Codec::Hash, Codec::Json}) {
    REQUIRE(redis.call({"FLUSHALL"}));
    const plan::Plan plan = redis_plan(fields_of_every_type(), "row:{id}", codec);
    Batch rows = batch_of(plan);
    for (std::int64_t id = 0; id < 200; ++id) {
      rows.columns[0].append_integer(id);
      for (std::size_t i = 1; i < rows.columns.size(); ++i)
        random.append(rows.columns[i]);
      ++rows.rows;
    }
    check_round_trip(redis, plan, rows);
  }
  for (const Type& type : all_types()) {
    REQUIRE(redis.call({"FLUSHALL"}));
    const plan::Plan plan = redis_plan(
        {field("id", Type::of(Base::I64), true), field("value", type)}, "{id}:v", Codec::String);
    Batch rows = batch_of(plan);
    for (std::int64_t id = 0; id < 50; ++id) {
      rows.columns[0].append_integer(id);
      random.append(rows.columns[1]);
      ++rows.rows;
    }
    check_round_trip(redis, plan, rows);
  }
}

TEST_CASE("keys of every type find their rows") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  RandomRows random(11);
  for (const Type& type : all_types()) {
    if (type.base == Base::List || type.base == Base::Json || type.base == Base::F64) continue;
    REQUIRE(redis.call({"FLUSHALL"}));
    const plan::Plan plan = redis_plan({field("id", type, true), field("v", Type::of(Base::I64))},
                                       "k[{id}]", Codec::Json);
    Batch rows = batch_of(plan);
    std::set<Fingerprint> keys;
    for (int i = 0; i < 40; ++i) {
      random.append(rows.columns[0]);
      rows.columns[1].append_integer(1);
      if (keys.insert(print_of(rows, rows.rows)).second) {
        ++rows.rows;
      } else {
        rows.drop_unfinished();
      }
    }
    check_round_trip(redis, plan, rows);
  }
}

TEST_CASE("whatever does not fit is a bad row, by class and rule") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  auto fields =
      std::vector{field("id", Type::of(Base::I64), true), field("n", Type::of(Base::I64)),
                  field("t", Type::text(3).as_optional()), field("ok", Type::of(Base::Bool))};
  fields[3].fallback = plan::Value(true);
  const plan::Plan json = redis_plan(fields, "j:{id}", Codec::Json);
  const auto as_json = [&](const std::string& text) {
    REQUIRE(redis.call({"SET", "j:1", text}));
    return reason(redis, json, "j:1");
  };
  CHECK(as_json(R"({"n":9223372036854775807})").empty());
  CHECK(as_json(R"( { "id" : 1 , "n" : 1, "t" : null } )").empty());
  CHECK(as_json(R"({"n":9223372036854775808})") == "n: an integer out of range for `i64`");
  CHECK(as_json(R"({"n":1.0})") == "n: text that is no integer for `i64`");
  CHECK(as_json(R"({"n":"1"})") == "n: JSON of another kind for `i64`");
  CHECK(as_json(R"({"n":null})") == "n: no value where `i64` is expected");
  CHECK(as_json(R"({"n":1,"t":"long"})") == "t: text of 4 characters for `text(3)?`");
  CHECK(as_json(R"({"n":1,"id":2})") == "id: a value that differs from the one in the key");
  CHECK(as_json(R"({"n":1,"x":2})") == "Row: the object has a member that is not declared");
  CHECK(as_json(R"({"n":1,"n":2})") == "n: a member that is twice");
  CHECK(as_json("[1]") == "Row: JSON that is no object");
  CHECK(as_json("{") == "Row: text that is no JSON");
  REQUIRE(redis.call({"DEL", "j:1"}));
  REQUIRE(redis.call({"SADD", "j:1", "a"}));
  CHECK(reason(redis, json, "j:1") == "Row: a value of another kind where a string is expected");

  const plan::Plan hash = redis_plan(fields, "h:{id}", Codec::Hash);
  CHECK(reason(redis, hash, "h:1") == "gone");
  REQUIRE(redis.call({"HSET", "h:1", "n", "1"}));
  CHECK(reason(redis, hash, "h:1").empty());
  REQUIRE(redis.call({"HSET", "h:1", "more", "1"}));
  CHECK(reason(redis, hash, "h:1") == "Row: the hash has a field that is not declared");
  REQUIRE(redis.call({"HDEL", "h:1", "n"}));
  CHECK(reason(redis, hash, "h:1") == "n: no value where `i64` is expected");
  REQUIRE(redis.call({"HSET", "h:x", "n", "1"}));
  CHECK(reason(redis, hash, "h:x") == "id: text that is no integer for `i64`");
  REQUIRE(redis.call({"SET", "h:2", "1"}));
  CHECK(reason(redis, hash, "h:2") == "Row: a value of another kind where a hash is expected");
}

TEST_CASE("what Redis cannot keep is refused before it is written") {
  const auto fields = std::vector{field("id", Type::of(Base::I64), true),
                                  field("v", Type::of(Base::F64).as_optional())};
  Batch rows = Batch::of({fields[0].type, fields[1].type});
  rows.columns[0].append_integer(1);
  rows.columns[1].append_null();
  rows.columns[0].append_integer(2);
  rows.columns[1].append_real(std::numeric_limits<double>::quiet_NaN());
  rows.rows = 2;
  const plan::Entity entity{.name = "Row", .fields = fields};
  std::vector<std::string> words;
  const auto refused = [&](Codec codec, std::size_t row) {
    const auto reject = RowCodec::of(entity, codec)->print(rows, row, words);
    return reject ? reject->reason : "";
  };
  CHECK(refused(Codec::Hash, 0) == "a row without any value, which no hash can be");
  CHECK(refused(Codec::String, 0) == "an absent value, which no string can be");
  CHECK(refused(Codec::Json, 0).empty());
  CHECK(refused(Codec::Hash, 1) == "not a number for `f64?`");
  CHECK(refused(Codec::Json, 1) == "a number that JSON does not have");
  CHECK(!RowCodec::of({.name = "Row", .fields = {fields[0]}}, Codec::Hash));
}

TEST_CASE("pages stand in key order, go on behind any place and tell what is gone") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  const plan::Plan plan = redis_plan(
      {field("id", Type::of(Base::I64), true), field("v", Type::text())}, "user:{id}", Codec::Hash);
  constexpr int kKeys = 5000;
  for (int i = 0; i < kKeys; ++i)
    redis.append({"HSET", "user:" + std::to_string(i), "v", "x"});
  redis.append({"SET", "other:1", "x"});
  redis.append({"SET", "mig:ctl:{mig}:fence", "x"});
  redis.append({"PEXPIREAT", "user:17", "4102444800000"});
  done(redis.drop_pending());
  const TemporaryFolder folder;
  RedisRows reader = value_of(RedisRows::open(redis, plan, kRows, folder.path()));
  const auto place_of = [&](std::string_view key) { return reader.pattern().place_of(key); };
  std::size_t calls = 0;
  while (!value_of(reader.gather(1)))
    ++calls;
  CHECK(calls >= 3);
  CHECK(value_of(reader.count()) == kKeys);
  REQUIRE(redis.call({"DEL", "user:100", "user:4999"}));

  std::vector<std::string> places;
  std::vector<std::string> gone;
  Page page;
  std::string place;
  do {
    // As a process that was killed would: with a reader of its own that gathers anew.
    RedisRows another = value_of(RedisRows::open(redis, plan, kRows, folder.path()));
    RedisRows& used = places.size() < 2000 ? reader : another;
    done(used.read(place, "", 700, page));
    CHECK(page.bad.empty());
    CHECK(page.read == static_cast<std::int64_t>(page.rows.rows));
    for (std::size_t row = 0; row < page.rows.rows; ++row) {
      places.push_back(page.keys[row]);
      const bool expires = page.rows.columns[0].integer(row) == 17;
      CHECK(page.expiries[row] == (expires ? 4102444800000 : kNoExpiry));
    }
    gone.insert(gone.end(), used.gone().begin(), used.gone().end());
    place = page.last;
  } while (!page.is_last);
  CHECK(places.size() == kKeys - 2);
  std::vector<std::string> keys;
  for (const std::string& each : places)
    keys.push_back(reader.pattern().key_at(each).value());
  CHECK(std::ranges::is_sorted(keys));
  CHECK(std::ranges::adjacent_find(keys) == keys.end());
  CHECK(gone == std::vector{place_of("user:100")});

  done(reader.read(place_of("user:10"), place_of("user:1002"), 10, page));
  CHECK(page.rows.rows == 3);  // 100 is gone: 1000, 1001, 1002
  CHECK(page.is_last);
  done(
      reader.read_each({place_of("user:5"), place_of("user:100"), place_of("user:1")}, page, gone));
  REQUIRE(page.rows.rows == 2);
  CHECK(page.rows.columns[0].integer(0) == 5);
  CHECK(gone == std::vector{place_of("user:100")});
  CHECK(value_of(reader.last_key()) == place_of("user:999"));
  CHECK(!reader.read("t3137", "", 1, page));
}

TEST_CASE("a page without rows is the end and nothing else, and an empty key is one") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  const plan::Plan plan = redis_plan(
      {field("id", Type::text(), true), field("v", Type::of(Base::I64))}, "{id}", Codec::String);
  for (const char* key : {"", "a", "b", "c", "d"})
    REQUIRE(redis.call({"SET", key, "1"}));
  const TemporaryFolder folder;
  RedisRows reader = value_of(RedisRows::open(redis, plan, kRows, folder.path()));
  Page page;
  done(reader.read("", "", 1, page));
  CHECK(page.keys[0] == "t");
  REQUIRE(redis.call({"DEL", "a", "b"}));
  done(reader.read("t", "", 1, page));
  CHECK(page.keys[0] == "t63");
  CHECK(!page.is_last);
  REQUIRE(redis.call({"DEL", "d"}));
  done(reader.read(page.last, "", 1, page));
  CHECK(page.read == 0);
  CHECK(page.is_last);
  CHECK(value_of(reader.last_key()) == "t64");  // of what was gathered
  done(reader.read("", "", 9, page));
  CHECK(value_of(reader.last_key()) == "t63");
}

TEST_CASE("letters of a pattern that mean something to SCAN stand for themselves") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  const plan::Plan plan =
      redis_plan({field("id", Type::of(Base::I64), true), field("v", Type::of(Base::I64))},
                 "a*[b]?\\{id}", Codec::String);
  REQUIRE(
      redis.call({"MSET", "a*[b]?\\1", "1", "aXb?\\2", "2", "a*b?\\3", "3", "a**[b]?\\4", "4"}));
  const TemporaryFolder folder;
  RedisRows reader = value_of(RedisRows::open(redis, plan, kRows, folder.path()));
  CHECK(value_of(reader.count()) == 1);
}

TEST_CASE("a gathering that lost its server begins again") {
  RedisServer server({.append_only = true});
  RedisConnection redis = connected(server.url());
  const plan::Plan plan =
      redis_plan({field("id", Type::of(Base::I64), true), field("v", Type::of(Base::I64))}, "k{id}",
                 Codec::String);
  for (int i = 0; i < 3000; ++i)
    redis.append({"SET", "k" + std::to_string(i), "1"});
  done(redis.drop_pending());
  const TemporaryFolder folder;
  RedisRows reader = value_of(RedisRows::open(redis, plan, kRows, folder.path()));
  CHECK(!value_of(reader.gather(1)));
  server.restart();
  const auto lost = reader.gather(1);
  REQUIRE(!lost);
  CHECK(lost.error().kind == ErrorKind::Transient);
  redis = connected(server.url());
  CHECK(value_of(reader.count()) == 3000);
}
