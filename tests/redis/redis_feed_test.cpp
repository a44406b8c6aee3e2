#include "runtime/stores/redis_feed.hpp"

#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "runtime/stores/places.hpp"
#include "runtime/stores/redis_info.hpp"
#include "tests/support/redis_dataset.hpp"
#include "tests/support/redis_server.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace mig::tests;
using plan::Base;
using plan::Type;

namespace {

// A follower of `user:{id}` that has passed all so far.
class Followed {
 public:
  Followed() {
    const plan::Plan plan =
        redis_plan({field("id", Type::text(), true), field("note", Type::text())}, "user:{id}",
                   plan::Codec::Hash);
    pattern_.emplace(value_of(KeyPattern::parse(plan.entities[0], "user:{id}")));
    open("");
    pass(value_of(feed_->go_on()));
  }
  void run(std::initializer_list<std::string_view> words) { REQUIRE(client_.call(words)); }
  Result<Touched> read() { return feed_->read(at_, 100, Horizon::Settled); }
  std::string keys() {
    const Touched touched = value_of(read());
    CHECK_FALSE(touched.is_gap);
    pass(touched.until);
    std::string text;
    for (const std::string& key : touched.keys)
      text += (text.empty() ? "" : " ") + shown_key(key);
    return text;
  }
  bool has_gap() { return value_of(read()).is_gap; }
  void stops_at(const std::string& command) {
    const auto stopped = read();
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::Permanent);
    CHECK(stopped.error().message.starts_with("somebody sent " + command + " to "));
  }
  // As a runner that comes back.
  void reopen() { open(feed_->cursor(at_)); }
  std::string whole_copies() {  // that the server has sent of itself
    return std::string(info_value(ask(client_, {"INFO", "stats"}), "sync_full"));
  }
  void go_on() { pass(value_of(feed_->go_on())); }

 private:
  void open(const std::string& cursor) {
    const auto connect = [this] { return RedisConnection::open(server_.url()); };
    feed_.emplace(asks_, connect, *pattern_, cursor);
  }
  void pass(std::int64_t place) {
    at_ = place;
    feed_->stand_at(feed_->cursor(at_));
  }

  RedisServer server_{{.more = {"--enable-debug-command", "yes"}}};
  RedisConnection asks_ = connected(server_.url());
  RedisConnection client_ = connected(server_.url());
  std::optional<KeyPattern> pattern_;
  std::optional<RedisFeed> feed_;
  std::int64_t at_ = 0;
};

}  // namespace

TEST_CASE("a feed tells the keys that were written, and stops where all of them are gone") {
  Followed followed;
  followed.run({"HSET", "user:1", "note", "a"});
  followed.run({"SET", "other", "a"});
  CHECK(followed.keys() == "1");
  followed.run({"SELECT", "3"});
  followed.run({"HSET", "user:2", "note", "elsewhere"});
  followed.run({"FLUSHDB"});
  CHECK(followed.keys().empty());
  followed.run({"SELECT", "0"});
  SECTION("by FLUSHDB") {
    followed.run({"FLUSHDB"});
    followed.stops_at("FLUSHDB");
  }
  SECTION("by FLUSHALL, from anywhere") {
    followed.run({"SELECT", "3"});
    followed.run({"FLUSHALL"});
    followed.stops_at("FLUSHALL");
  }
  SECTION("by SWAPDB") {
    followed.run({"SWAPDB", "0", "3"});
    followed.stops_at("SWAPDB");
  }
}

TEST_CASE("a server of another history tells nothing, though its places go on") {
  Followed followed;
  followed.run({"HSET", "user:1", "note", "a"});
  CHECK(followed.keys() == "1");
  followed.run({"DEBUG", "CHANGE-REPL-ID"});
  followed.run({"HSET", "user:2", "note", "b"});
  CHECK(followed.has_gap());
  const std::string before = followed.whole_copies();
  followed.reopen();
  CHECK(followed.has_gap());
  CHECK(followed.whole_copies() == before);
  followed.go_on();
  followed.run({"HSET", "user:3", "note", "c"});
  CHECK(followed.keys() == "3");
}
