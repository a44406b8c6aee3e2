// One answer of a Redis server (RESP2), and what its errors mean to a run.
//
//   Transient   LOADING, BUSY, TRYAGAIN, MASTERDOWN, CLUSTERDOWN, NOREPLICAS, MISCONF, too many
//               clients; and a lost connection
//   Permanent   OOM (with Cause::DiskFull: the server is full, which pauses a run and fails none),
//               READONLY (a replica, maybe since a failover), WRONGTYPE, NOPERM, NOAUTH, WRONGPASS,
//               MOVED, ASK, CROSSSLOT (a cluster), and everything that is not known
//
// A Conflict is never the server's word; it is what the fence says. What the server wrote is not
// repeated, as it may hold arguments: only an error's first word is, and the name of a command.
// Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"

struct redisReader;

namespace mig::runtime {

struct RedisReply {
  enum class Kind : std::uint8_t { Nil, Text, Integer, Array, Status, Error };

  Kind kind = Kind::Nil;
  std::int64_t integer = 0;
  std::string text;  // Text, Status, Error
  std::vector<RedisReply> items;

  bool is_nil() const { return kind == Kind::Nil; }
  bool is_error() const { return kind == Kind::Error; }
  // Of an error: its first word, such as `WRONGTYPE`.
  std::string_view code() const;
};

// `shown`: what messages call the server.
Error redis_error(const RedisReply& reply, const std::string& shown);

// Takes bytes as they come and gives whole answers.
class RedisReplyReader {
 public:
  RedisReplyReader();

  // False where not all of an answer has come yet. What `reply` held before is memory for another
  // one. Permanent where the bytes are no RESP2, or an
  // answer nests deeper than the seven levels that the library reads; nothing can be read after it.
  Result<bool> next(RedisReply& reply, const std::string& shown);
  void feed(std::string_view bytes);

  // Of an answer that is one text and has not come as a whole: its size, once that is known.
  std::optional<std::size_t> coming() const;
  // Forgets such an answer: so many bytes of it, counted from behind what was fed, must not be fed.
  std::size_t give_up();

 private:
  void begin();

  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<RedisReply> root_;  // the answer that comes; the library's reader refers to it
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace mig::runtime
