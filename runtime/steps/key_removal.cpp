#include "runtime/steps/key_removal.hpp"

#include <utility>
#include <vector>

#include "runtime/stores/places.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kKeysAtOnce = 1000;

}  // namespace

Result<KeyRemoval> KeyRemoval::open(RedisConnection& redis, const plan::Plan& plan,
                                    plan::DatasetId dataset, std::filesystem::path scratch) {
  MIG_ASSIGN(pattern, KeyPattern::parse(plan.entity_of(dataset), plan.at(dataset).place()));
  RedisGathering gathering(redis, pattern.glob(), std::move(scratch));
  return KeyRemoval(std::move(pattern), std::move(gathering));
}

Result<std::int64_t> KeyRemoval::queue(RedisEffect& effect) {
  MIG_ASSIGN(gathered, gathering_.keys());
  std::vector<std::string> keys;
  std::int64_t removed = 0;
  do {
    MIG_TRY(gathered->range(after_, std::nullopt, kKeysAtOnce, keys));
    for (const std::string& key : keys) {
      if (raw_key_of(pattern_.place_of(key))) continue;
      effect.writes().append({"UNLINK", key});
      ++removed;
    }
    if (!keys.empty()) after_ = keys.back();
  } while (removed == 0 && !keys.empty());
  return removed;
}

}  // namespace mig::runtime
