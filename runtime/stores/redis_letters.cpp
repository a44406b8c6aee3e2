#include "runtime/stores/redis_letters.hpp"

#include <algorithm>
#include <optional>

#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_netstring.hpp"

namespace mig::runtime {
namespace {

std::string letters_key(const std::string& run) {
  return control_key("letters:" + run);
}

std::string open_key(const std::string& run) {
  return control_key("open:" + run);
}

// No name of a dataset holds a NUL, so members sort by dataset and then by place.
std::string member_of(const std::string& dataset, const std::string& key) {
  return dataset + '\0' + key;
}

std::string packed(const DeadLetter& letter, std::string_view closed) {
  return pack({letter.step, letter.field, letter.reason, letter.at, letter.owner, closed});
}

std::optional<DeadLetter> letter_of(const std::string& run, std::string_view member,
                                    std::string_view text) {
  const auto parts = unpack(text, 6);
  const std::size_t end = member.find('\0');
  if (!parts || end == member.npos) return std::nullopt;
  return DeadLetter{.run = run,
                    .step = (*parts)[0],
                    .dataset = std::string(member.substr(0, end)),
                    .key = std::string(member.substr(end + 1)),
                    .field = (*parts)[1],
                    .reason = (*parts)[2],
                    .at = (*parts)[3],
                    .owner = (*parts)[4]};
}

Result<std::vector<std::string>> runs_of(RedisConnection& redis, const std::string& run) {
  std::vector<std::string> runs;
  if (!run.empty()) {
    runs.push_back(run);
    return runs;
  }
  MIG_ASSIGN(found, redis.call({"SMEMBERS", control_key("rejecting")}));
  for (const RedisReply& each : found.items)
    runs.push_back(each.text);
  std::ranges::sort(runs);
  return runs;
}

}  // namespace

void add_dead_letters(RedisEffect& effect, const std::vector<DeadLetter>& letters) {
  RedisCommands& writes = effect.writes();
  for (const DeadLetter& letter : letters) {
    const std::string member = member_of(letter.dataset, letter.key);
    writes.append({"HSET", letters_key(letter.run), member, packed(letter, "")});
    writes.append({"ZADD", open_key(letter.run), "0", member});
    writes.append({"SADD", control_key("rejecting"), letter.run});
  }
}

Result<void> drop_dead_letters(RedisEffect& effect, std::string_view step) {
  RedisConnection& redis = effect.connection();
  const std::string key = letters_key(effect.run());
  std::string cursor(1, '0');
  do {
    MIG_ASSIGN(found, redis.call({"HSCAN", key, cursor, "COUNT", "1000"}));
    if (found.items.size() != 2) return std::unexpected(redis_error(found, redis.shown()));
    const auto& letters = found.items[1].items;
    for (std::size_t i = 0; i + 1 < letters.size(); i += 2) {
      const auto letter = letter_of(effect.run(), letters[i].text, letters[i + 1].text);
      if (!letter || letter->step != step) continue;
      effect.writes().append({"HDEL", key, letters[i].text});
      effect.writes().append({"ZREM", open_key(effect.run()), letters[i].text});
    }
    cursor = found.items[0].text;
  } while (cursor != "0");
  return {};
}

Result<void> close_dead_letter(RedisEffect& effect, const std::string& dataset,
                               const std::string& key, const std::string& at) {
  const std::string member = member_of(dataset, key);
  MIG_ASSIGN(found, effect.connection().call({"HGET", letters_key(effect.run()), member}));
  if (found.is_nil()) return {};
  const auto letter = letter_of(effect.run(), member, found.text);
  if (!letter) return {};
  effect.writes().append({"HSET", letters_key(effect.run()), member, packed(*letter, at)});
  effect.writes().append({"ZREM", open_key(effect.run()), member});
  return {};
}

Result<std::vector<DeadLetter>> open_dead_letters(RedisConnection& redis, const std::string& run,
                                                  std::size_t limit) {
  std::vector<DeadLetter> letters;
  MIG_ASSIGN(runs, runs_of(redis, run));
  for (const std::string& each : runs) {
    if (letters.size() == limit) break;
    const std::string most = std::to_string(limit - letters.size());
    MIG_ASSIGN(members, redis.call({"ZRANGEBYLEX", open_key(each), "-", "+", "LIMIT", "0", most}));
    for (const RedisReply& member : members.items) {
      MIG_ASSIGN(text, redis.call({"HGET", letters_key(each), member.text}));
      if (auto letter = letter_of(each, member.text, text.text)) letters.push_back(*letter);
    }
  }
  return letters;
}

Result<std::vector<std::string>> open_letter_keys(RedisConnection& redis, const std::string& run,
                                                  const std::string& dataset,
                                                  const std::string& after, std::size_t limit) {
  // Behind the place, and before the next dataset's first.
  const std::string first = "(" + member_of(dataset, after);
  const std::string last = "(" + dataset + '\1';
  MIG_ASSIGN(found, redis.call({"ZRANGEBYLEX", open_key(run), first, last, "LIMIT", "0",
                                std::to_string(limit)}));
  std::vector<std::string> keys;
  for (const RedisReply& member : found.items)
    keys.push_back(member.text.substr(dataset.size() + 1));
  return keys;
}

Result<bool> has_open_letter(RedisConnection& redis, const std::string& run,
                             const std::string& dataset, const std::string& key) {
  MIG_ASSIGN(found, redis.call({"ZSCORE", open_key(run), member_of(dataset, key)}));
  return !found.is_nil();
}

Result<std::int64_t> count_dead_letters(RedisConnection& redis, const std::string& run,
                                        const std::string& dataset) {
  std::int64_t count = 0;
  MIG_ASSIGN(runs, runs_of(redis, run));
  for (const std::string& each : runs) {
    MIG_ASSIGN(found, redis.call({"ZLEXCOUNT", open_key(each), "[" + member_of(dataset, ""),
                                  "(" + dataset + '\1'}));
    count += found.integer;
  }
  return count;
}

}  // namespace mig::runtime
