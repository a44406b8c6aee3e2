// One large key, carried over in parts, so that neither server stands still for it.
//
// The parts go under a name of mig's own, each under the fence, and the whole gets its name at the
// end, inside an effect with the step's cursor; until then nobody sees any of it. After a crash it
// begins again. While others write to the key, a part may be of an older moment than the next: the
// follower, which sees the key touched, carries it over again. A list whose head moves meanwhile
// may even hold an item twice until then. A stream is refused: its groups are no parts.
//
// Uses both connections; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_effect.hpp"
#include "runtime/stores/redis_writer.hpp"

namespace mig::runtime {

class LargeKeyCopy {
 public:
  // Clears what an earlier attempt left. Permanent where a value of that type has no parts.
  static Result<LargeKeyCopy> begin(RedisConnection& from, RedisConnection& to,
                                    const std::vector<std::string>& resources,
                                    const Authority& authority, std::string step, std::string key);

  // Carries over one part; true when that was the last.
  Result<bool> advance();
  // Queues the end in the effect: the key under its new name, with its expiry. Kept where the rule
  // is Keep and something stands there; then, and where the key is gone by now, the parts go.
  Result<Written> finish(RedisEffect& effect, const std::string& renamed, WriteRule rule);

 private:
  LargeKeyCopy(RedisConnection& from, RedisConnection& to, std::vector<std::string> resources,
               Authority authority, std::string step, std::string key);
  Result<void> write(const RedisCommands& commands);
  Result<bool> read_part(RedisCommands& commands);
  Result<bool> read_scanned(RedisCommands& commands);
  Result<bool> read_range(RedisCommands& commands);

  RedisConnection* from_;
  RedisConnection* to_;
  std::vector<std::string> resources_;
  Authority authority_;
  std::string step_;
  std::string key_;
  std::string parts_;    // the name of what is being put together
  std::string type_;     // as TYPE says it
  std::string cursor_;   // of a scan
  std::int64_t at_ = 0;  // of a range
};

// Where the parts of a step's large key are put together; gone with the run at the latest.
std::string parts_key(const std::string& run, const std::string& step);

}  // namespace mig::runtime
