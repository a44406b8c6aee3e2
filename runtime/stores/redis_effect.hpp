// One effect of a step in one Redis database, exactly once: the change, the note that it happened
// and the proof that we may make it are one transaction.
//
// What is written is collected and sent with `commit`; what is read meanwhile is what stood there
// before, and whatever of it a decision rests on must be watched. A step reads `applied` first: the
// note is watched too, so after a lost reply of EXEC either the note stands there, or the commands
// that may still be on their way will find it changed by whoever does them again, and do nothing.
// An Effect that ends without `commit` leaves nothing. One thread, like the connection.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/redis_commands.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_transaction.hpp"

namespace mig::runtime {

// Absent: the step has not begun here, or was undone.
Result<std::optional<Applied>> read_applied(RedisConnection& redis, const std::string& run,
                                            std::string_view step);

enum class Committed {
  Done,
  Disturbed,  // somebody touched what was watched: nothing happened, begin the effect again
};

class RedisEffect {
 public:
  // Watches and checks the fence. `step` is the step's name in the plan.
  static Result<RedisEffect> begin(RedisConnection& redis,
                                   const std::vector<std::string>& resources,
                                   const Authority& authority, std::string step);

  RedisConnection& connection() const { return *redis_; }
  const std::string& run() const { return authority_.run; }
  const std::string& step() const { return step_; }
  // What stood there when the effect began.
  const std::optional<Applied>& applied() const { return applied_; }

  // Before reading what a decision will rest on.
  Result<void> watch(const std::vector<std::string>& keys) { return transaction_.watch(keys); }
  // Whether nothing stands under any of these keys just now, which nobody watches.
  Result<bool> is_free(const std::vector<std::string>& keys);
  // The changes, in order. None may fail for what stands under its key, as Redis takes nothing
  // back; but a RESTORE that does not replace leaves what is there alone, and is told by `refused`.
  RedisCommands& writes() { return writes_; }

  // The changes and their note together. Where the fence was taken meanwhile, the refusal that
  // `begin` would give.
  Result<Committed> commit(const Applied& now);
  // After `commit`: the positions of such RESTOREs among the changes, ascending.
  const std::vector<std::size_t>& refused() const { return refused_; }
  // The changes, and the step's note gone: as if the step had never begun.
  Result<Committed> commit_undone();

 private:
  RedisEffect(RedisConnection& redis, std::vector<std::string> resources, Authority authority,
              std::string step);
  Result<Committed> finish(const RedisCommands& note);

  RedisConnection* redis_;
  RedisTransaction transaction_;
  std::vector<std::string> resources_;
  Authority authority_;
  std::string step_;
  std::optional<Applied> applied_;
  RedisCommands writes_;
  std::vector<std::size_t> refused_;
};

}  // namespace mig::runtime
