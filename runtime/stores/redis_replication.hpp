// The stream of changes that a Redis server sends its replicas (PSYNC), read command by command.
//
// It holds every change in the order in which the server made it, also keys that expired or were
// evicted, and is found again at a place in it: an id of the history and an offset, as long as the
// server keeps that part (`repl-backlog-size`). The data that a new replica gets first are never
// asked for. We count as a replica to the server, so it acknowledges nothing (REPLCONF ACK 0), or
// an application's WAIT would take mig for one that keeps its data. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"

namespace mig::runtime {

struct ReplicationPlace {
  std::string history;  // the server's replication id
  std::int64_t offset = 0;

  // `OFFSET HISTORY`, and back; nothing where it is none.
  std::string print() const;
  static std::optional<ReplicationPlace> parse(const std::string& text);
};

// The place behind all that the server has done so far. A server that has never had a replica
// begins to keep its stream: `link` is a connection for that, and is used up.
Result<ReplicationPlace> begin_replication(RedisConnection& asks, RedisConnection link);
// Behind all that the server has done so far. Nothing where it keeps no stream.
Result<std::optional<ReplicationPlace>> replication_now(RedisConnection& asks);

class RedisReplication {
 public:
  // Nothing where the server does not have the stream behind that place any more. Permanent where
  // it lets us read none.
  static Result<std::optional<RedisReplication>> resume(RedisConnection& asks, RedisConnection link,
                                                        const ReplicationPlace& place);

  // Up to here it was read.
  std::int64_t offset() const { return offset_; }
  // The next command and the offset behind it. Waits for one.
  Result<std::vector<std::string>> next();

 private:
  RedisReplication(RedisConnection link, std::int64_t offset)
      : link_(std::move(link)), offset_(offset) {}

  RedisConnection link_;
  std::int64_t offset_;
  std::int64_t acknowledged_at_ = 0;
};

}  // namespace mig::runtime
