#include "runtime/stores/redis_address.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace mig::runtime;

namespace {

// What a URL is read as, with its password; or the message, which must not hold it.
std::string read(std::string_view url) {
  const auto address = RedisAddress::parse(url);
  if (!address) {
    CHECK(address.error().message.find("s3cret") == std::string::npos);
    return address.error().message;
  }
  CHECK(address->shown.find("s3cret") == std::string::npos);
  CHECK(address->shown.find("ada") == std::string::npos);
  return fmt::format("{}{} {}:{} {} {}", address->is_tls ? "tls " : "", address->shown,
                     address->user,
                     address->password ? std::string(address->password->reveal()) : "-",
                     address->port, address->database);
}

}  // namespace

TEST_CASE("a URL says where the server is, who we are and which database") {
  CHECK(read("redis://cache") == "redis://cache:6379/0 :- 6379 0");
  CHECK(read("redis://cache:7000/3") == "redis://cache:7000/3 :- 7000 3");
  CHECK(read("redis://cache/") == "redis://cache:6379/0 :- 6379 0");
  CHECK(read("redis://:s3cret@cache") == "redis://cache:6379/0 :s3cret 6379 0");
  CHECK(read("redis://ada:s3cret@cache/1") == "redis://cache:6379/1 ada:s3cret 6379 1");
  CHECK(read("redis://ada:s3%40cr%2Fet@cache") == "redis://cache:6379/0 ada:s3@cr/et 6379 0");
  CHECK(read("redis://ada:s@3@cache") == "redis://cache:6379/0 ada:s@3 6379 0");
  CHECK(read("rediss://cache?db=2") == "tls rediss://cache:6379/2 :- 6379 2");
  CHECK(read("redis://[::1]:7000/0") == "redis://[::1]:7000/0 :- 7000 0");
  CHECK(read("unix:///run/redis.sock") == "unix:///run/redis.sock?db=0 :- 6379 0");
  CHECK(read("redis+socket://:s3cret@/run/r.sock?db=4") ==
        "unix:///run/r.sock?db=4 :s3cret 6379 4");
}

TEST_CASE("a URL that is none is refused without a word of it") {
  CHECK(read("s3cret") == "the URL of a Redis store has no `://`");
  CHECK(read("http://s3cret@cache") ==
        "the URL of a Redis store begins with neither `redis://`, "
        "`rediss://`, `unix://` nor `redis+socket://`");
  CHECK(read("redis://s3cret@") == "the URL of a Redis store names no host");
  CHECK(read("redis://cache:s3cret") == "the URL of a Redis store has a port that is none");
  CHECK(read("redis://cache:0") == "the URL of a Redis store has a port that is none");
  CHECK(read("redis://cache/s3cret") ==
        "the URL of a Redis store has a database that is no number");
  CHECK(read("redis://cache?s3cret") == "the URL of a Redis store has a setting other than `db`");
  CHECK(read("redis://a:s3cret%2@cache") ==
        "the URL of a Redis store has a password with a broken percent sign");
  CHECK(read("redis://[::1") == "the URL of a Redis store has a `[` without its `]`");
  CHECK(read("unix://s3cret") == "the URL of a Redis store has no absolute path of a socket");
}
