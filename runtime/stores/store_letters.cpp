#include "runtime/stores/store_letters.hpp"

#include "runtime/stores/redis_letters.hpp"

namespace mig::runtime {

Result<void> add_dead_letters(Effect& effect, const std::vector<DeadLetter>& letters) {
  if (RedisEffect* const redis = effect.redis()) {
    add_dead_letters(*redis, letters);
    return {};
  }
  return add_dead_letters(effect.database(), letters);
}

Result<void> drop_dead_letters(Effect& effect, const std::string& run, std::string_view step) {
  if (RedisEffect* const redis = effect.redis()) return drop_dead_letters(*redis, step);
  return drop_dead_letters(effect.database(), run, step);
}

Result<void> close_dead_letter(Effect& effect, const std::string& run, const std::string& dataset,
                               const std::string& key, const std::string& at) {
  if (RedisEffect* const redis = effect.redis()) return close_dead_letter(*redis, dataset, key, at);
  return close_dead_letter(effect.database(), run, dataset, key, at);
}

Result<std::vector<DeadLetter>> open_dead_letters(const OpenStore& store, const std::string& run,
                                                  std::size_t limit) {
  return store.visit([&](auto& kind) { return open_dead_letters(kind, run, limit); });
}

Result<std::vector<std::string>> open_letter_keys(const OpenStore& store, const std::string& run,
                                                  const std::string& dataset,
                                                  const std::string& after, std::size_t limit) {
  return store.visit(
      [&](auto& kind) { return open_letter_keys(kind, run, dataset, after, limit); });
}

Result<bool> has_open_letter(const OpenStore& store, const std::string& run,
                             const std::string& dataset, const std::string& key) {
  return store.visit([&](auto& kind) { return has_open_letter(kind, run, dataset, key); });
}

Result<std::int64_t> count_dead_letters(const OpenStore& store, const std::string& run,
                                        const std::string& dataset) {
  return store.visit([&](auto& kind) { return count_dead_letters(kind, run, dataset); });
}

}  // namespace mig::runtime
