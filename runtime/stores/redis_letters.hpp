// Dead letters inside Redis: rows that could not be moved, kept beside the data; which, and why,
// never what was in them. The keys are documented in redis_control.hpp.
//
// As dead_letters.hpp, with one difference: a row of a run has one letter, so a later step's takes
// the place of an earlier one's. Changes are part of the Effect that passed over the row. One
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/dead_letters.hpp"
#include "runtime/stores/redis_effect.hpp"

namespace mig::runtime {

void add_dead_letters(RedisEffect& effect, const std::vector<DeadLetter>& letters);
// Those that this step of the run set aside.
Result<void> drop_dead_letters(RedisEffect& effect, std::string_view step);
// The letter stays for people to read and counts no more. Nothing where there is none.
Result<void> close_dead_letter(RedisEffect& effect, const std::string& dataset,
                               const std::string& key, const std::string& at);

// The open ones of a run, or of every run where `run` is empty; up to `limit`, in key order.
Result<std::vector<DeadLetter>> open_dead_letters(RedisConnection& redis, const std::string& run,
                                                  std::size_t limit);
// The places of a run's rows of that source dataset whose letter is open, behind `after`.
Result<std::vector<std::string>> open_letter_keys(RedisConnection& redis, const std::string& run,
                                                  const std::string& dataset,
                                                  const std::string& after, std::size_t limit);
Result<bool> has_open_letter(RedisConnection& redis, const std::string& run,
                             const std::string& dataset, const std::string& key);
// Of a run, or of every run where `run` is empty.
Result<std::int64_t> count_dead_letters(RedisConnection& redis, const std::string& run,
                                        const std::string& dataset);

}  // namespace mig::runtime
