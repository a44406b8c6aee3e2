// When a replica counts as behind, and what a Redis says of its replicas.
#include "runtime/steps/strain.hpp"

#include <catch2/catch.hpp>

#include "runtime/stores/replicas.hpp"

using namespace mig;
using runtime::LagWatch;
using runtime::Replica;
using std::chrono::seconds;

namespace {

Replica at(std::int64_t position, std::optional<runtime::Duration> lag = std::nullopt) {
  return {.name = "standby", .is_following = true, .position = position, .lag = lag};
}

}  // namespace

TEST_CASE("lag: a replica is behind that has not come to where the server was so long ago") {
  LagWatch watch(seconds(5));
  for (int second = 0; second <= 20; ++second)
    watch.note(seconds(second), 100 * second);
  CHECK_FALSE(watch.is_behind(at(2000)));
  CHECK_FALSE(watch.is_behind(at(1600)));
  CHECK(watch.is_behind(at(1300)));
  CHECK(watch.is_behind(at(0)));
}

TEST_CASE("lag: what the server itself says counts from the first look on") {
  LagWatch watch(seconds(5));
  watch.note(seconds(100), 1000);
  CHECK_FALSE(watch.is_behind(at(10)));  // nobody knows for how long
  CHECK_FALSE(watch.is_behind(at(10, seconds(5))));
  CHECK(watch.is_behind(at(10, seconds(6))));
  // A reading that is older than what the replica has reached since.
  CHECK_FALSE(watch.is_behind(at(1000, seconds(6))));
}

TEST_CASE("lag: a server at rest leaves nobody behind who has all of it, and others are") {
  LagWatch watch(seconds(5));
  for (int second = 0; second <= 60; ++second)
    watch.note(seconds(second), 1000);
  CHECK_FALSE(watch.is_behind(at(1000)));
  CHECK(watch.is_behind(at(999)));
}

TEST_CASE("lag: many looks in a moment change nothing") {
  LagWatch watch(seconds(5));
  for (int i = 0; i <= 2000; ++i)
    watch.note(std::chrono::milliseconds(10 * i), i);  // 20 seconds
  CHECK_FALSE(watch.is_behind(at(1700)));
  CHECK(watch.is_behind(at(1300)));
}

TEST_CASE("lag: a replica that still gets what stood there before is behind") {
  LagWatch watch(seconds(5));
  watch.note(seconds(1), 10);
  Replica fresh = at(10);
  fresh.is_following = false;
  CHECK(watch.is_behind(fresh));
}

TEST_CASE("replicas: what INFO says of them") {
  const auto found = runtime::replication_in(
      "# Replication\r\nrole:master\r\nconnected_slaves:3\r\n"
      "slave0:ip=10.0.0.7,port=6379,state=online,offset=90,lag=1\r\n"
      "slave1:ip=10.0.0.8,port=6379,state=wait_bgsave,offset=0,lag=0\r\n"
      "slave2:ip=127.0.0.1,port=0,state=online,offset=0,lag=7\r\n"
      "master_replid:aa\r\nmaster_repl_offset:100\r\n");
  REQUIRE(found);
  CHECK(found->position == 100);
  REQUIRE(found->replicas.size() == 2);  // who has no port follows for itself, as mig does
  CHECK(found->replicas[0].name == "10.0.0.7:6379");
  CHECK(found->replicas[0].position == 90);
  CHECK(found->replicas[0].lag == seconds(1));
  CHECK(found->replicas[0].is_following);
  CHECK_FALSE(found->replicas[1].is_following);
}

TEST_CASE("replicas: what cannot be read is no lag of nothing") {
  for (const char* info :
       {"", "connected_slaves:0\r\n", "connected_slaves:x\r\nmaster_repl_offset:1\r\n",
        "connected_slaves:1\r\nmaster_repl_offset:1\r\n",
        "connected_slaves:1\r\nslave0:ip=a,port=1,state=online,lag=0\r\nmaster_repl_offset:"
        "1\r\n"}) {
    INFO(info);
    CHECK_FALSE(runtime::replication_in(info));
  }
}
