#include "runtime/stores/redis_connection.hpp"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "tests/support/redis_server.hpp"
#include "tests/unit/child_process.hpp"

using namespace mig::runtime;
using namespace mig::tests;

namespace {

std::string message_of(const Result<RedisConnection>& connection) {
  REQUIRE(!connection);
  CHECK(!connection.error().help.empty());
  return connection.error().message;
}

RedisConnection connect(const std::string& url, RedisTimeouts timeouts = {}) {
  auto connection = RedisConnection::open(url, timeouts);
  if (!connection) FAIL(connection.error().message);
  return std::move(*connection);
}

Error error_of(RedisConnection& connection, std::initializer_list<std::string_view> words) {
  const auto reply = connection.call(words);
  REQUIRE(!reply);
  CHECK(reply.error().message.find("s3cret") == std::string::npos);
  return reply.error();
}

}  // namespace

TEST_CASE("commands travel together and are answered in order") {
  const RedisServer server;
  for (const std::string& url : {server.url(), server.tcp_url()}) {
    RedisConnection redis = connect(url);
    for (int i = 0; i < 10'000; ++i)
      redis.append({"SET", "key" + std::to_string(i), std::string(50, 'x') + std::to_string(i)});
    for (int i = 0; i < 10'000; ++i)
      redis.append({"GET", "key" + std::to_string(i)});
    CHECK(redis.pending() == 20'000);
    for (int i = 0; i < 10'000; ++i)
      REQUIRE(redis.value()->text == "OK");
    for (int i = 0; i < 10'000; ++i)
      REQUIRE(redis.value()->text == std::string(50, 'x') + std::to_string(i));
    CHECK(redis.pending() == 0);
  }
}

TEST_CASE("every byte travels, and every kind of answer is told apart") {
  const RedisServer server;
  RedisConnection redis = connect(server.url());
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  REQUIRE(redis.call({"SET", bytes, bytes}));
  CHECK(redis.call({"GET", bytes})->text == bytes);
  CHECK(redis.call({"GET", "none"})->is_nil());
  CHECK(redis.call({"STRLEN", bytes})->integer == 256);
  const auto nested = redis.call({"EVAL", "return {1,{'a',{}},false}", "0"});
  REQUIRE(nested->items.size() == 3);
  CHECK(nested->items[0].integer == 1);
  CHECK(nested->items[1].items[0].text == "a");
  CHECK(nested->items[1].items[1].items.empty());
  CHECK(nested->items[2].is_nil());
}

TEST_CASE("an answer that nobody read is not taken for the next one") {
  const RedisServer server;
  RedisConnection redis = connect(server.url());
  redis.append({"PING"});
  redis.append({"SET", "a", "1"});
  CHECK(redis.call({"GET", "a"})->text == "1");
}

TEST_CASE("a text that is too long is thrown away, and what stands around it is read") {
  const RedisServer server;
  RedisConnection redis = connect(server.url());
  const std::size_t most = 1 << 20;
  for (const std::size_t size : {most - 1, most, most + 1, 2 * most + 17, 40 * most})
    REQUIRE(redis.call({"SET", std::to_string(size), std::string(size, 'x')}));
  RedisReply reply;
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t size : {most - 1, most, most + 1, 2 * most + 17, 40 * most}) {
      redis.append({"GET", std::to_string(size)});
      redis.append({"GET", "none"});
    }
    for (const std::size_t size : {most - 1, most, most + 1, 2 * most + 17, 40 * most}) {
      const auto is_kept = redis.value_within(reply, most);
      REQUIRE(is_kept);
      CHECK(*is_kept == (size <= most));
      if (*is_kept) CHECK(reply.text.size() == size);
      REQUIRE(redis.value_within(reply, most));
      CHECK(reply.is_nil());
    }
  }
  redis.append({"GET", std::to_string(40 * most)});
  CHECK(redis.call({"PING"})->text == "PONG");  // what nobody reads is thrown away, too
  redis.append({"HGET", std::to_string(most), "a"});
  CHECK(!redis.value_within(reply, most));
  CHECK(redis.pending() == 0);
}

TEST_CASE("an answer that nests too deep ends the connection with a sentence") {
  const RedisServer server;
  RedisConnection redis = connect(server.url());
  const auto deep = redis.call({"EVAL", "return {{{{{{{{{1}}}}}}}}}", "0"});
  REQUIRE(!deep);
  CHECK(deep.error().kind == ErrorKind::Permanent);
  CHECK(deep.error().message.find("deeper than seven levels") != std::string::npos);
  CHECK(redis.is_lost());
}

TEST_CASE("a database is selected") {
  const RedisServer server;
  REQUIRE(connect(server.tcp_url() + "/3").call({"SET", "a", "3"}));
  CHECK(connect(server.tcp_url()).call({"GET", "a"})->is_nil());
  CHECK(connect(server.url() + "?db=3").call({"GET", "a"})->text == "3");
  CHECK(message_of(RedisConnection::open(server.url() + "?db=99")).find("no database of that") !=
        std::string::npos);
}

TEST_CASE("who may do what is said with the rule that is missing") {
  const RedisServer server(
      {.password = "s3cret",
       .users = {"ada on >s3cret2 ~user:* ~mig:* +@all -get", "blind on >s3cret3 ~* +@all -info"}});
  const std::string place = "127.0.0.1:" + std::to_string(server.port());
  CHECK(message_of(RedisConnection::open("redis://" + place)).find("wants a password") !=
        std::string::npos);
  CHECK(message_of(RedisConnection::open("redis://:wr0ng@" + place)).find("refuses the user") !=
        std::string::npos);
  CHECK(connect("redis://:s3cret@" + place).call({"PING"})->text == "PONG");
  RedisConnection ada = connect("redis://ada:s3cret2@" + place);
  REQUIRE(ada.call({"SET", "user:1", "s3cret"}));
  const Error get = error_of(ada, {"GET", "user:1"});
  CHECK(get.kind == ErrorKind::Permanent);
  CHECK(get.message.ends_with("may not run `get`"));
  CHECK(get.help == "`ACL SETUSER <user> +get` allows it");
  CHECK(error_of(ada, {"SET", "s3cret", "1"}).message.ends_with("may not touch a key"));
  const auto blind = RedisConnection::open("redis://blind:s3cret3@" + place);
  REQUIRE(!blind);
  CHECK(blind.error().help == "`ACL SETUSER <user> +info` allows it");
}

TEST_CASE("the errors of a server have kinds and repeat no argument") {
  const RedisServer server;
  RedisConnection redis = connect(server.url());
  REQUIRE(redis.call({"SET", "text", "s3cret"}));
  CHECK(error_of(redis, {"HGETALL", "text"}).message.find("another type") != std::string::npos);
  CHECK(error_of(redis, {"NOSUCH", "s3cret"}).message.ends_with("the command `NOSUCH`"));
  CHECK(error_of(redis, {"SET", "text", "s3cret", "s3cret"}).message.ends_with("the error `ERR`"));
  const auto kind_of = [&](const char* text) {
    const RedisReply reply{.kind = RedisReply::Kind::Error, .text = text};
    const Error error = redis_error(reply, "x");
    CHECK(!error.help.empty());
    CHECK(error.message.starts_with("`x` "));
    return error.kind;
  };
  for (const char* text : {"LOADING Redis is loading", "BUSY Redis is busy", "TRYAGAIN Multiple",
                           "MASTERDOWN Link", "CLUSTERDOWN The cluster", "NOREPLICAS Not enough",
                           "MISCONF Redis is configured", "ERR max number of clients reached"}) {
    INFO(text);
    CHECK(kind_of(text) == ErrorKind::Transient);
  }
  for (const char* text : {"READONLY You can't write", "OOM command not allowed", "MOVED 1 a:1",
                           "ERR whatever", "NOAUTH Authentication"}) {
    INFO(text);
    CHECK(kind_of(text) == ErrorKind::Permanent);
  }
}

TEST_CASE("a server that is full pauses a run, like a full disk") {
  const RedisServer server({.max_memory = "2mb"});
  RedisConnection redis = connect(server.url());
  const std::string much(100'000, 'x');
  Result<RedisReply> reply;
  for (int i = 0; i < 100 && reply; ++i)
    reply = redis.call({"SET", std::to_string(i), much});
  REQUIRE(!reply);
  CHECK(reply.error().cause == Cause::DiskFull);
}

TEST_CASE("a lost connection is transient and stays lost") {
  RedisServer server;
  RedisConnection redis = connect(server.url());
  server.kill();
  const auto reply = redis.call({"PING"});
  REQUIRE(!reply);
  CHECK(reply.error().kind == ErrorKind::Transient);
  CHECK(redis.is_lost());
  const auto refused = RedisConnection::open(server.tcp_url());
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::Transient);
  CHECK(refused.error().message.find("cannot be reached") != std::string::npos);
  server.restart();
  CHECK(!redis.call({"PING"}));
  CHECK(connect(server.url()).call({"PING"}));
}

TEST_CASE("a server that stands still is waited for no longer than said") {
  RedisServer server({.tls = true});
  setenv("SSL_CERT_FILE", server.ca_file().c_str(), 1);
  const RedisTimeouts short_ones{.connect = std::chrono::milliseconds(200),
                                 .command = std::chrono::milliseconds(100)};
  for (const std::string& url : {server.url(), server.tls_url()}) {
    RedisConnection redis = connect(url, short_ones);
    server.stop();
    const auto reply = redis.call({"PING"});
    CHECK(redis.is_lost());
    // The kernel still takes connections; the first answer does not come.
    const auto another = RedisConnection::open(url, short_ones);
    server.resume();
    REQUIRE(!reply);
    CHECK(reply.error().kind == ErrorKind::Transient);
    CHECK(reply.error().message.ends_with("has not answered for 100 ms"));
    REQUIRE(!another);
    CHECK(another.error().kind == ErrorKind::Transient);
  }
  unsetenv("SSL_CERT_FILE");
}

TEST_CASE("TLS trusts the named authority, for the name of the host, and nobody else") {
  const RedisServer server({.tls = true});
  const auto untrusted = RedisConnection::open(server.tls_url());
  REQUIRE(!untrusted);
  CHECK(untrusted.error().kind == ErrorKind::Permanent);
  CHECK(untrusted.error().message.find("is not trusted") != std::string::npos);
  setenv("SSL_CERT_FILE", server.ca_file().c_str(), 1);
  RedisConnection redis = connect(server.tls_url());
  const std::string large(3'000'000, 'x');
  REQUIRE(redis.call({"SET", "large", large}));
  CHECK(redis.call({"GET", "large"})->text == large);
  std::string by_address = server.tls_url();
  by_address.replace(by_address.find("localhost"), 9, "127.0.0.1");
  const auto misnamed = RedisConnection::open(by_address);
  REQUIRE(!misnamed);
  CHECK(misnamed.error().kind == ErrorKind::Permanent);
  std::string plain_port = server.tcp_url();
  plain_port.insert(5, "s");
  CHECK(!RedisConnection::open(plain_port, {.connect = std::chrono::milliseconds(100)}));
  unsetenv("SSL_CERT_FILE");
}

TEST_CASE("a cluster is refused") {
  const RedisServer server({.more = {"--cluster-enabled", "yes"}});
  const auto cluster = RedisConnection::open(server.url());
  REQUIRE(!cluster);
  CHECK(cluster.error().kind == ErrorKind::Permanent);
  CHECK(cluster.error().message.find("part of a Redis Cluster") != std::string::npos);
}
