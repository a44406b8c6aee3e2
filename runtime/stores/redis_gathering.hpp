// The keys that match a pattern, gathered by SCAN for one pass over a dataset.
//
// Every key that is there from the start of the gathering to its end is among them; others may be.
// mig's own keys are not. One thread, like the connection, which outlives it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "runtime/result.hpp"
#include "runtime/stores/redis_connection.hpp"
#include "runtime/stores/redis_key_set.hpp"

namespace mig::runtime {

class RedisGathering {
 public:
  // `scratch`: a folder for the keys.
  RedisGathering(RedisConnection& connection, std::string glob, std::filesystem::path scratch);

  // Does up to `scans` calls of SCAN; true when all keys are gathered. After an error, or a
  // `forget`, it begins again.
  Result<bool> gather(std::size_t scans);
  void forget();
  // Of all keys; those that are missing are gathered first.
  Result<RedisKeySet*> keys();

 private:
  RedisConnection* connection_;
  std::string glob_;
  std::filesystem::path scratch_;
  std::optional<RedisKeySet> keys_;  // once the gathering began
  std::string cursor_;
  bool is_complete_ = false;
};

}  // namespace mig::runtime
