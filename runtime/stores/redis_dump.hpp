// Keys of a Redis server as they are, for a backup.
//
// Large keys would keep the server from everybody else while it dumps them, and are told apart
// first. One thread, like the connection.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/redis_connection.hpp"

namespace mig::runtime {

struct DumpedKey {
  std::string key;
  std::string payload;
  std::int64_t expiry = kNoExpiry;
};

struct DumpPage {
  std::vector<DumpedKey> keys;
  std::vector<std::string> large;  // keys over the limit, which are not dumped
  std::int64_t gone = 0;
};

// `large`: bytes of the server's memory from which on a key is not dumped at once.
Result<void> dump_keys(RedisConnection& from, const std::vector<std::string>& keys,
                       std::int64_t large, DumpPage& page);

}  // namespace mig::runtime
