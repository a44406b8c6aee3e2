#include "runtime/stores/redis_hints.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/stores/redis_control.hpp"

namespace mig::runtime {
namespace {

// K: a channel a key. A: all classes of events but misses and new keys.
Result<void> check_events(RedisConnection& redis) {
  MIG_ASSIGN(found, redis.call({"CONFIG", "GET", "notify-keyspace-events"}));
  const std::string flags = found.items.size() == 2 ? found.items[1].text : std::string();
  const auto has = [&](char flag) { return flags.find(flag) != flags.npos; };
  const bool has_all = has('A') || std::ranges::all_of(std::string_view("g$lshzxet"), has);
  if (has('K') && has_all) return {};
  return fail(ErrorKind::Permanent,
              fmt::format("`{}` does not tell which keys are touched", redis.shown()),
              "`CONFIG SET notify-keyspace-events KA` turns it on, at some cost to the server");
}

}  // namespace

RedisHints::RedisHints(RedisConnection connection, KeyPattern pattern)
    : connection_(std::move(connection)),
      pattern_(std::move(pattern)),
      channel_(fmt::format("__keyspace@{}__:", connection_.address().database)) {}

Result<RedisHints> RedisHints::listen(RedisConnection connection, const KeyPattern& pattern) {
  MIG_TRY(check_events(connection));
  RedisHints hints(std::move(connection), pattern);
  RedisConnection& redis = hints.connection_;
  redis.append({"SUBSCRIBE", hints.channel_ + control_key("origin")});
  redis.append({"PSUBSCRIBE", hints.channel_ + pattern.glob()});
  for (int i = 0; i < 2; ++i) {
    MIG_ASSIGN(answer, redis.pushed());
    if (answer.is_error()) return std::unexpected(redis_error(answer, redis.shown()));
  }
  return hints;
}

// `message CHANNEL EVENT` of the origin key, `pmessage PATTERN CHANNEL EVENT` of a row's.
void RedisHints::note(const RedisReply& message, std::vector<std::string>& keys) {
  const auto& parts = message.items;
  if (parts.size() == 3 && parts[0].text == "message") {
    is_our_own_ = parts[2].text == "set";
    return;
  }
  if (parts.size() != 4 || parts[0].text != "pmessage" || is_our_own_) return;
  const std::string_view key = std::string_view(parts[2].text).substr(channel_.size());
  if (!key.starts_with(kRedisControlPrefix)) keys.push_back(pattern_.place_of(key));
}

Result<std::vector<std::string>> RedisHints::take() {
  std::vector<std::string> keys;
  connection_.append({"PING"});
  while (true) {
    MIG_ASSIGN(message, connection_.pushed());
    if (message.is_error()) {
      return std::unexpected(redis_error(message, connection_.shown()));
    }
    if (!message.items.empty() && message.items[0].text == "pong") break;
    note(message, keys);
  }
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return keys;
}

}  // namespace mig::runtime
