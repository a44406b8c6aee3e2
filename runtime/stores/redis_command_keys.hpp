// Which words of a command are keys, as the server itself says. Asked once a command's name, as far
// as a name tells. One thread, like the connection, which outlives it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"

namespace mig::runtime {

class RedisCommandKeys {
 public:
  explicit RedisCommandKeys(RedisConnection& asks) : asks_(&asks) {}

  // Appends the command's keys, also those that it only reads.
  Result<void> append_keys(const std::vector<std::string>& words, std::vector<std::string>& keys);

 private:
  // The first and the last word that is a key, the last counted from the end where it is negative,
  // and the distance between two. Elsewhere the whole command has to be asked about.
  struct Places {
    bool are_fixed = false;
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t step = 1;
  };
  Result<Places> places_of(const std::string& name);
  Result<void> ask(const std::vector<std::string>& words, std::vector<std::string>& keys);

  RedisConnection* asks_;
  std::map<std::string, Places, std::less<>> known_;
};

}  // namespace mig::runtime
