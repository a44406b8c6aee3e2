#include "runtime/stores/redis_command_keys.hpp"

#include <algorithm>
#include <string_view>

namespace mig::runtime {

Result<void> RedisCommandKeys::append_keys(const std::vector<std::string>& words,
                                           std::vector<std::string>& keys) {
  MIG_ASSIGN(places, places_of(words.front()));
  if (!places.are_fixed) return ask(words, keys);
  const auto count = static_cast<std::int64_t>(words.size());
  const std::int64_t last = places.last < 0 ? count + places.last : places.last;
  for (std::int64_t at = places.first; at <= std::min(last, count - 1); at += places.step)
    keys.push_back(words[static_cast<std::size_t>(at)]);
  return {};
}

Result<RedisCommandKeys::Places> RedisCommandKeys::places_of(const std::string& name) {
  const auto known = known_.find(name);
  if (known != known_.end()) return known->second;
  MIG_ASSIGN(found, asks_->call({"COMMAND", "INFO", name}));
  Places places;
  constexpr std::size_t kFlags = 2;
  constexpr std::size_t kStep = 5;
  if (!found.items.empty() && found.items[0].items.size() > kStep) {
    const auto& told = found.items[0].items;
    const bool moves = std::ranges::any_of(
        told[kFlags].items, [](const RedisReply& flag) { return flag.text == "movablekeys"; });
    places.first = told[kFlags + 1].integer;
    places.last = told[kFlags + 2].integer;
    places.step = std::max<std::int64_t>(told[kStep].integer, 1);
    places.are_fixed = !moves && places.first > 0;
  }
  known_.emplace(name, places);
  return places;
}

Result<void> RedisCommandKeys::ask(const std::vector<std::string>& words,
                                   std::vector<std::string>& keys) {
  std::vector<std::string_view> question{"COMMAND", "GETKEYS"};
  question.insert(question.end(), words.begin(), words.end());
  MIG_TRY(asks_->drop_pending());
  asks_->append(question);
  MIG_ASSIGN(answer, asks_->reply());
  if (answer.is_error()) return {};  // it has none
  for (const RedisReply& key : answer.items)
    keys.push_back(key.text);
  return {};
}

}  // namespace mig::runtime
