// What kind of server this is, and whether rows may be moved from it and to it.
//
// Asked before a run begins and when it is taken up again. One thread, like the connection.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"

namespace mig::runtime {

struct RedisServerFacts {
  std::string version;         // `7.0.15`
  std::string server_run;      // another one after every restart
  std::string replication_id;  // another one after a failover or a restart without a dump
  std::int64_t replication_offset = 0;
  bool is_replica = false;
  std::int64_t replicas = 0;
  std::int64_t used_memory = 0;  // in bytes, like the next
  std::int64_t max_memory = 0;   // 0: no limit
  std::string eviction;          // `noeviction`, `allkeys-lru`, …
  std::int64_t backlog = 0;      // of its stream that it keeps for replicas, in bytes
  bool is_append_only = false;
};

Result<RedisServerFacts> read_server_facts(RedisConnection& redis);

// Whether both lead to one server, whatever the URLs say.
Result<bool> is_same_server(RedisConnection& one, RedisConnection& other);

// Permanent where the server is older than 7.0, which cannot tell when a key expires.
Result<void> check_source(const RedisServerFacts& facts, const std::string& shown);

enum class Eviction {
  Refused,   // rows that are evicted were moved in vain, and so would be the fence
  Expected,  // the store is a cache: what is gone is refilled
};
// Permanent for a replica too, and for an `allkeys-` eviction that nobody expects.
Result<void> check_target(const RedisServerFacts& facts, const std::string& shown,
                          Eviction eviction);

}  // namespace mig::runtime
