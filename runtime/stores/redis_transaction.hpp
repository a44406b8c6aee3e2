// Several commands that happen together or not at all: MULTI and EXEC, on the condition that nobody
// touched what was watched.
//
// What is watched is read after it was watched, so a decision rests on what still holds when it is
// carried out: a change, a deletion, an eviction and a FLUSHALL in between all refuse the EXEC,
// also one that arrives late. Redis takes nothing back: a command that fails inside EXEC leaves the
// others done, so what is queued must be checked before. One thread, like the connection.
//
// No script does this instead: what is decided here compares typed values (a 64-bit version is no
// number of Lua), needs no permission to run scripts, and never keeps the server from others for a
// whole batch. Written row for row it costs what a script does, as long as few hundred keys are
// watched at a time (tests/bench/redis_bench.cpp).
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/redis_commands.hpp"
#include "runtime/stores/redis_connection.hpp"

namespace mig::runtime {

class RedisTransaction {
 public:
  explicit RedisTransaction(RedisConnection& connection) : connection_(&connection) {}
  RedisTransaction(RedisTransaction&& other) noexcept;
  RedisTransaction& operator=(RedisTransaction&&) = delete;
  ~RedisTransaction();

  // May be called again, for more keys.
  Result<void> watch(std::span<const std::string> keys);

  // False: somebody touched what was watched, and nothing was done. After an error of the
  // connection nothing is known: look again at what the commands would have changed. `busy` gets
  // the positions of those RESTOREs that found their key taken, and did nothing.
  Result<bool> commit(std::initializer_list<const RedisCommands*> parts,
                      std::vector<std::size_t>& busy);
  // For commands among which is no such.
  Result<bool> commit(const RedisCommands& commands);

 private:
  Result<bool> outcome(std::size_t commands, std::vector<std::size_t>& busy);

  RedisConnection* connection_;  // null once moved from
  bool is_watching_ = false;
};

}  // namespace mig::runtime
