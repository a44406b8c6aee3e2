// Dead letters in a store of whatever kind: each asks its twin for SQL (dead_letters.hpp) or for
// Redis (redis_letters.hpp), whose contracts hold. One thread, like the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/dead_letters.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/open_store.hpp"

namespace mig::runtime {

// Part of the effect, whose run wrote them.
Result<void> add_dead_letters(Effect& effect, const std::vector<DeadLetter>& letters);
Result<void> drop_dead_letters(Effect& effect, const std::string& run, std::string_view step);
Result<void> close_dead_letter(Effect& effect, const std::string& run, const std::string& dataset,
                               const std::string& key, const std::string& at);

Result<std::vector<DeadLetter>> open_dead_letters(const OpenStore& store, const std::string& run,
                                                  std::size_t limit);
Result<std::vector<std::string>> open_letter_keys(const OpenStore& store, const std::string& run,
                                                  const std::string& dataset,
                                                  const std::string& after, std::size_t limit);
Result<bool> has_open_letter(const OpenStore& store, const std::string& run,
                             const std::string& dataset, const std::string& key);
Result<std::int64_t> count_dead_letters(const OpenStore& store, const std::string& run,
                                        const std::string& dataset);

}  // namespace mig::runtime
