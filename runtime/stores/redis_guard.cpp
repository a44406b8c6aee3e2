#include "runtime/stores/redis_guard.hpp"

#include "runtime/stores/redis_control.hpp"

namespace mig::runtime {

void install_guard(RedisEffect& effect, const std::string& pattern, const std::string& message) {
  effect.writes().append({"HSET", control_key("guard"), pattern, message});
}

void remove_guard(RedisEffect& effect, const std::string& pattern) {
  effect.writes().append({"HDEL", control_key("guard"), pattern});
}

Result<bool> is_guarded(RedisConnection& redis, const std::string& pattern) {
  MIG_ASSIGN(found, redis.call({"HEXISTS", control_key("guard"), pattern}));
  return found.integer == 1;
}

}  // namespace mig::runtime
