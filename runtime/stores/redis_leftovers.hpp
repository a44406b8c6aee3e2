// What mig has left in a Redis database, found and taken away without a journal: for `mig doctor`.
// Everything is known by its key. One thread, like the connection.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/leftovers.hpp"
#include "runtime/stores/redis_connection.hpp"

namespace mig::runtime {

// Whether that names a Redis server, and not a file.
bool is_redis_url(std::string_view place);

Result<Leftovers> leftovers(RedisConnection& redis);
// At once. What is gone already stays gone.
Result<void> remove_leftovers(RedisConnection& redis, const std::vector<Leftover>& things);

}  // namespace mig::runtime
