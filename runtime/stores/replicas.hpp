// The replicas of a server, how far each of them has come, and how many sessions are at work there.
//
// Asked by copies that wait while a server is strained. What cannot be seen is an error, never
// nothing. Reads only; one thread, like the store.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/open_store.hpp"

namespace mig::runtime {

struct Replica {
  std::string name;             // `standby (10.0.0.7)`
  bool is_following = false;    // false: it is still getting what stood there before
  std::int64_t position = 0;    // up to which it shows what was written
  std::optional<Duration> lag;  // where the server itself says it
};

struct Replication {
  std::int64_t position = 0;  // of the server: grows with whatever is written
  std::vector<Replica> replicas;
};

// Of a PostgreSQL the standbys that are attached to it, of a Redis the replicas. Followers that
// serve nobody, such as mig's own, are none. Permanent where the role may not see how far they are.
// REQUIRES: the store is a server.
Result<Replication> read_replication(const OpenStore& store);

// Of a PostgreSQL: sessions of clients that carry a statement out, in any database of the server,
// mig's own left out. Permanent where the role may not see what others do.
Result<std::int64_t> count_active_sessions(const Database& database);

// Of the text that INFO answers. Pure.
Result<Replication> replication_in(std::string_view info);

}  // namespace mig::runtime
