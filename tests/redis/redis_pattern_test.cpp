#include "runtime/stores/redis_pattern.hpp"

#include <catch2/catch.hpp>

#include "runtime/stores/places.hpp"
#include "tests/support/redis_dataset.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;
using plan::Base;
using plan::Type;

namespace {

plan::Entity entity(std::vector<plan::Field> fields) {
  return {.name = "Row", .fields = std::move(fields)};
}

const plan::Entity kById = entity({field("id", Type::of(Base::I64), true)});
const plan::Entity kByTwo =
    entity({field("shop", Type::text(), true), field("name", Type::text(), true)});

std::string refusal(const plan::Entity& rows, std::string_view pattern) {
  const auto parsed = KeyPattern::parse(rows, pattern);
  REQUIRE(!parsed);
  CHECK(parsed.error().kind == ErrorKind::Permanent);
  return parsed.error().message;
}

// The key of a row of texts; or why it has none.
std::string key_of(const KeyPattern& pattern, std::initializer_list<std::string_view> texts) {
  std::vector<Type> types(texts.size(), Type::text());
  Batch rows = Batch::of(types);
  std::size_t column = 0;
  for (const std::string_view text : texts)
    rows.columns[column++].append_bytes(text);
  rows.rows = 1;
  std::string key;
  if (const auto reject = pattern.print(rows, 0, key)) return reject->reason;
  // What is printed is read as the same row.
  Batch again = Batch::of(types);
  CHECK(!pattern.read(key, again));
  again.rows = 1;
  CHECK(print_of(again, 0) == print_of(rows, 0));
  return key;
}

}  // namespace

TEST_CASE("a key pattern names the whole key and parts its fields") {
  CHECK(refusal(kById, "user:") == "the key pattern `user:` leaves out `id`");
  CHECK(refusal(kById, "user:{id") == "the key pattern `user:{id` has a `{` without its `}`");
  CHECK(refusal(kById, "{id}{id}") == "the key pattern `{id}{id}` names `id` twice");
  CHECK(refusal(kById, "{x}") == "the key pattern `{x}` names `x`, which is no part of the key");
  CHECK(refusal(kByTwo, "{shop}{name}") ==
        "the key pattern `{shop}{name}` has nothing before `name` to part two fields");
}

TEST_CASE("what SCAN is asked for stands for itself") {
  CHECK(KeyPattern::parse(kById, "user:{id}")->glob() == "user:*");
  CHECK(KeyPattern::parse(kById, "a*b?[c]\\^-{id}:z")->glob() == "a\\*b\\?\\[c\\]\\\\\\^\\-*:z");
}

TEST_CASE("a key is one row's and a row has one key") {
  const auto pattern = KeyPattern::parse(kByTwo, "u:{shop}:{name}:x");
  REQUIRE(pattern);
  CHECK(key_of(*pattern, {"a", "b"}) == "u:a:b:x");
  CHECK(key_of(*pattern, {"", ""}) == "u:::x");
  CHECK(key_of(*pattern, {"a", "b:x"}) == "u:a:b:x:x");
  CHECK(key_of(*pattern, {"a", "b:c"}) == "u:a:b:c:x");
  CHECK(key_of(*pattern, {"a:", "b"}) ==
        "a value that holds the text between two parts of the key");
  const auto long_between = KeyPattern::parse(kByTwo, "{shop}::{name}");
  CHECK(key_of(*long_between, {"a:", "b"}) ==
        "a value that holds the text between two parts of the key");
  CHECK(key_of(*long_between, {"a", ":b"}) == "a:::b");
}

TEST_CASE("a number in a key is read only as it is written") {
  const auto pattern = KeyPattern::parse(kById, "user:{id}");
  const auto read = [&](std::string_view key) -> std::string {
    Batch rows = Batch::of({Type::of(Base::I64)});
    const auto reject = pattern->read(key, rows);
    CHECK(rows.columns[0].size() == (reject ? 0 : 1));
    return reject ? reject->reason : std::to_string(rows.columns[0].integer(0));
  };
  CHECK(read("user:-9223372036854775808") == "-9223372036854775808");
  CHECK(read("user:7") == "7");
  CHECK(read("user:007") == "text that is no integer for `i64`");
  CHECK(read("user:7:sessions") == "text that is no integer for `i64`");
  CHECK(read("user:9223372036854775808") == "an integer out of range for `i64`");
  CHECK(read("usr:7") == "the key is not of the form `user:{id}`");
  Batch rows = Batch::of({Type::of(Base::Bool)});
  const auto flags = KeyPattern::parse(entity({field("on", Type::of(Base::Bool), true)}), "f:{on}");
  CHECK(flags->read("f:true", rows)->reason == "a part of the key in another form");
  CHECK(!flags->read("f:1", rows));
}

TEST_CASE("no row is written among mig's own keys") {
  const auto pattern = KeyPattern::parse(entity({field("id", Type::text(), true)}), "{id}");
  CHECK(key_of(*pattern, {"mig:ctl:{mig}:fence"}) == "a key among mig's own keys");
  CHECK(key_of(*pattern, {"mig"}) == "mig");
}

TEST_CASE("a place holds every byte of a key") {
  std::string bytes = "user:";
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  const auto numbers = KeyPattern::parse(kById, "user:{id}");
  CHECK(numbers->key_at(numbers->place_of(bytes)) == bytes);
  const auto blobs =
      KeyPattern::parse(entity({field("id", Type::of(Base::Bytes), true)}), "user:{id}");
  CHECK(blobs->key_at(blobs->place_of(bytes)) == bytes);
}

TEST_CASE("a place is what every store calls the row, and of no row where its key is of none") {
  const auto by_id = KeyPattern::parse(kById, "user:{id}");
  CHECK(by_id->place_of("user:17") == "i0000000000000011");
  CHECK(by_id->key_at("i0000000000000011") == "user:17");
  CHECK(shown_key(by_id->place_of("user:017")) == "user:017");
  CHECK(by_id->key_at(by_id->place_of("user:017")) == "user:017");
  for (const char* place : {"t3137", "n", "b11", "i0000000000000011.i0000000000000011", "r00"})
    CHECK(!by_id->key_at(place));

  // The pattern names them in another order than the entity.
  const auto by_two = KeyPattern::parse(kByTwo, "u:{name}:{shop}");
  CHECK(by_two->place_of("u:a:b") == "t62.t61");
  CHECK(by_two->key_at("t62.t61") == "u:a:b");
  CHECK(!by_two->key_at("t62"));
  CHECK(!by_two->key_at("t62.t3a"));  // a `:` in front of another
}
