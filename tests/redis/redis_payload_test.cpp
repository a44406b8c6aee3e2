#include "runtime/stores/redis_payload.hpp"

#include <map>

#include <catch2/catch.hpp>

#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;

namespace {

// Texts that Redis keeps in each of its ways.
std::vector<std::string> texts() {
  std::vector<std::string> all = {"", "a", std::string("a\0b", 3), "007", "-0", "+1", " 1"};
  for (const char* number : {"0",
                             "1",
                             "-1",
                             "127",
                             "128",
                             "4095",
                             "4096",
                             "-4096",
                             "-4097",
                             "32767",
                             "-32768",
                             "32768",
                             "8388607",
                             "-8388608",
                             "8388608",
                             "2147483647",
                             "-2147483648",
                             "2147483648",
                             "9223372036854775807",
                             "-9223372036854775808",
                             "9223372036854775808"})
    all.emplace_back(number);
  for (const std::size_t size : {62, 63, 64, 65, 127, 128, 300, 4095, 4096, 17000, 70000}) {
    all.emplace_back(size, 'x');
    std::string mixed;
    for (std::size_t i = 0; i < size; ++i)
      mixed += static_cast<char>(i * i * 31 + i / 7);
    all.push_back(mixed);
    all.push_back(mixed + mixed);
  }
  return all;
}

}  // namespace

TEST_CASE("a dumped string is read as what it is, and a written one restored as it") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  PayloadReader reader;
  for (const std::string& text : texts()) {
    INFO(text.size() << " " << text.substr(0, 20));
    REQUIRE(redis.call({"SET", "k", text}));
    const std::string dumped = redis.call({"DUMP", "k"})->text;
    REQUIRE(reader.read(dumped) == PayloadReader::Kind::String);
    CHECK(reader.text() == text);
    std::string payload;
    append_string_payload(text, payload);
    REQUIRE(redis.call({"RESTORE", "k", "0", payload, "REPLACE"}));
    CHECK(redis.call({"GET", "k"})->text == text);
    REQUIRE(reader.read(payload) == PayloadReader::Kind::String);
    CHECK(reader.text() == text);
  }
}

TEST_CASE("so is a hash, as a list pack and as a table, and it stays what HSET makes") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  PayloadReader reader;
  const std::vector<std::string> all = texts();
  for (std::size_t most : {std::size_t{64}, std::size_t{100'000}}) {
    for (std::size_t count : {std::size_t{1}, std::size_t{7}, all.size() * 20}) {
      std::vector<std::string> words;
      for (std::size_t i = 0; words.size() < 2 * count; ++i) {
        if (i < all.size() && all[i].size() > most) continue;
        words.push_back("f" + std::to_string(i));
        words.push_back(i < all.size() ? all[i] : std::to_string(i));
      }
      INFO(most << " " << count);
      std::vector<std::string_view> command = {"HSET", "k"};
      command.insert(command.end(), words.begin(), words.end());
      REQUIRE(redis.call({"DEL", "k"}));
      REQUIRE(redis.call(command));
      const std::string encoding = ask(redis, {"OBJECT", "ENCODING", "k"});
      std::string payload;
      append_hash_payload(words, payload);
      for (const std::string& one : {redis.call({"DUMP", "k"})->text, payload}) {
        REQUIRE(reader.read(one) == PayloadReader::Kind::Hash);
        std::map<std::string, std::string> found;
        for (const auto& [name, value] : reader.fields())
          found.emplace(name, value);
        CHECK(found.size() == count);
        CHECK(reader.fields().size() == count);
        for (std::size_t i = 0; i < words.size(); i += 2)
          CHECK(found[words[i]] == words[i + 1]);
      }
      REQUIRE(redis.call({"RESTORE", "other", "0", payload, "REPLACE"}));
      CHECK(ask(redis, {"OBJECT", "ENCODING", "other"}) == encoding);
      for (std::size_t i = 0; i < words.size(); i += 2)
        CHECK(redis.call({"HGET", "other", words[i]})->text == words[i + 1]);
    }
  }
}

TEST_CASE("what is no row's value, or is cut short, is not read") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  PayloadReader reader;
  REQUIRE(redis.call({"RPUSH", "list", "1", "2"}));
  REQUIRE(redis.call({"SADD", "set", "1", "x"}));
  REQUIRE(redis.call({"ZADD", "zset", "1", "x"}));
  REQUIRE(redis.call({"XADD", "stream", "1-1", "a", "b"}));
  for (const char* key : {"list", "set", "zset", "stream"})
    CHECK(!reader.read(redis.call({"DUMP", key})->text));
  REQUIRE(redis.call({"HSET", "hash", "a", "1", "b", std::string(50, 'x'), "c", "300"}));
  REQUIRE(redis.call({"SET", "text", std::string(5000, 'x')}));
  for (const char* key : {"hash", "text"}) {
    const std::string whole = redis.call({"DUMP", key})->text;
    REQUIRE(reader.read(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
      CHECK(!reader.read(std::string_view(whole).substr(0, size)));
    for (std::size_t at = 0; at < whole.size(); ++at) {  // whatever it says, nobody reads beyond
      for (const int other : {0x00, 0x7F, 0x80, 0xC3, 0xF0, 0xFF}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(other);
        reader.read(damaged);
      }
    }
  }
}

TEST_CASE("what would be too large once it is taken apart is told before") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  PayloadReader reader(1 << 20);
  REQUIRE(
      redis.call({"HSET", "fits", "a", std::string(1 << 19, 'x'), "b", std::string(1 << 19, 'y')}));
  REQUIRE(redis.call(
      {"HSET", "hash", "a", std::string(1 << 19, 'x'), "b", std::string((1 << 19) + 1, 'y')}));
  REQUIRE(redis.call({"SET", "text", std::string(40 << 20, 'x')}));
  const std::string fits = redis.call({"DUMP", "fits"})->text;
  for (const char* key : {"hash", "text"}) {
    const std::string payload = redis.call({"DUMP", key})->text;
    CHECK(payload.size() < 1 << 20);
    CHECK(!reader.read(payload));
    CHECK(reader.is_too_large());
    CHECK(reader.read(fits));
    CHECK(!reader.is_too_large());
  }
}

TEST_CASE("a payload says its format, and a server refuses one that is newer than its own") {
  const RedisServer server;
  RedisConnection redis = connected(server.url());
  REQUIRE(redis.call({"SET", "a", "x"}));
  REQUIRE(redis.call({"RPUSH", "b", "x"}));
  const std::string payload = redis.call({"DUMP", "a"})->text;
  REQUIRE(payload_format(payload));
  CHECK(*payload_format(payload) == *payload_format(redis.call({"DUMP", "b"})->text));
  std::string newer = payload;
  newer[newer.size() - 10] = static_cast<char>(newer[newer.size() - 10] + 1);
  CHECK(*payload_format(newer) == *payload_format(payload) + 1);
  CHECK(!payload_format("short"));
  // What the server says of one shows that the format stands where it is looked for.
  CHECK(!redis.call({"RESTORE", "x", "0", newer}));
}
