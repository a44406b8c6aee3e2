// Takes all rows of a dataset out of Redis, some in each effect.
//
// A key of the dataset's form goes whatever stands under it; what only begins like one is somebody
// else's and stays. Which keys there are is asked once: whoever was interrupted asks again, and
// finds what is left. Used by `purge` and `drop`; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/redis_effect.hpp"
#include "runtime/stores/redis_gathering.hpp"
#include "runtime/stores/redis_pattern.hpp"

namespace mig::runtime {

class KeyRemoval {
 public:
  // `redis` is that of the effects to come, and outlives this; `scratch`: a folder for the keys.
  static Result<KeyRemoval> open(RedisConnection& redis, const plan::Plan& plan,
                                 plan::DatasetId dataset, std::filesystem::path scratch);

  // Queues the removal of the next ones and gives how many; none where none is left. Where the
  // effect is not committed, this is to be opened anew.
  Result<std::int64_t> queue(RedisEffect& effect);

 private:
  KeyRemoval(KeyPattern pattern, RedisGathering gathering)
      : pattern_(std::move(pattern)), gathering_(std::move(gathering)) {}

  KeyPattern pattern_;
  RedisGathering gathering_;
  std::optional<std::string> after_;
};

}  // namespace mig::runtime
