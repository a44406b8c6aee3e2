// The word in Redis that a dataset takes no writes now. Redis refuses nobody by itself: an
// application that takes part watches the key, and what it sends then holds or does nothing.
//
//   mig:ctl:{mig}:guard   hash   a key pattern: why it is closed, for people
//
//   WATCH mig:ctl:{mig}:guard
//   HEXISTS mig:ctl:{mig}:guard sess:{id}     1: ask the router where writes go, and UNWATCH
//   MULTI … EXEC                              nothing: the guard was touched, begin again
//
// So the key closes like a lock: no transaction of such an application commits behind it. Inside an
// Effect; one thread, like the connection.
#pragma once

#include <string>

#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_effect.hpp"

namespace mig::runtime {

// Twice is once; an older guard's message is replaced.
void install_guard(RedisEffect& effect, const std::string& pattern, const std::string& message);
void remove_guard(RedisEffect& effect, const std::string& pattern);
Result<bool> is_guarded(RedisConnection& redis, const std::string& pattern);

}  // namespace mig::runtime
