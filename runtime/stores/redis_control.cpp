#include "runtime/stores/redis_control.hpp"

#include <algorithm>
#include <array>
#include <sys/random.h>

#include <fmt/format.h>

#include "runtime/stores/redis_netstring.hpp"
#include "runtime/stores/redis_pattern.hpp"
#include "runtime/stores/redis_transaction.hpp"

namespace mig::runtime {
namespace {

// Others may change the control keys at the same time; so often in a row they do not.
constexpr int kAttempts = 16;

std::unexpected<Error> damaged(const RedisConnection& redis, std::string_view key) {
  return fail(ErrorKind::Permanent,
              fmt::format("`{}` in `{}` is not what mig wrote", key, redis.shown()),
              "somebody changed it; look at it with `mig doctor`", Cause::Damaged);
}

std::unexpected<Error> disturbed(const RedisConnection& redis) {
  return fail(ErrorKind::Transient,
              fmt::format("others keep changing mig's own keys in `{}`", redis.shown()),
              "look with `mig status` for runs that use the same server");
}

std::string random_id() {
  std::array<unsigned char, 16> bytes{};
  [[maybe_unused]] const ssize_t size = getrandom(bytes.data(), bytes.size(), 0);
  std::string digits;
  for (const unsigned char byte : bytes)
    digits += fmt::format("{:02x}", byte);
  return digits;
}

// A field of a hash, empty where there is none.
Result<std::string> field_of(RedisConnection& redis, std::string_view key, std::string_view name) {
  MIG_ASSIGN(value, redis.call({"HGET", key, name}));
  return std::move(value.text);
}

Result<void> refuse_others(const RedisConnection& redis, const std::vector<Fence>& fences,
                           const std::vector<std::string>& resources, const Authority& authority,
                           Takeover takeover) {
  for (const Fence& fence : fences) {
    if (std::ranges::find(resources, fence.resource) == resources.end()) continue;
    if (is_held_by(fence, authority)) {
      if (fence.epoch > authority.epoch) return overtaken(fence, authority);
    } else if (takeover == Takeover::Polite) {
      return held_by_another(redis.shown(), fence);
    }
  }
  return {};
}

// What goes with a run that ends; the fences of other runs stay.
Result<void> forget_run(RedisConnection& redis, const FinishedRun& finished,
                        const std::vector<Fence>& fences, RedisCommands& commands) {
  for (const Fence& fence : fences) {
    if (fence.run == finished.run) commands.append({"HDEL", control_key("fence"), fence.resource});
  }
  const std::string steps = control_key("steps:" + finished.run);
  MIG_ASSIGN(names, redis.call({"SMEMBERS", steps}));
  for (const RedisReply& step : names.items) {
    for (const char* kind : {"applied:", "parts:"})
      commands.append({"UNLINK", control_key(kind + finished.run + ":" + step.text)});
  }
  commands.append({"DEL", steps});
  if (finished.outcome != "rolled_back") return {};
  commands.append({"DEL", control_key("letters:" + finished.run)});
  commands.append({"DEL", control_key("open:" + finished.run)});
  commands.append({"SREM", control_key("rejecting"), finished.run});
  return {};
}

Result<void> note_end(RedisConnection& redis, const FinishedRun& finished,
                      RedisCommands& commands) {
  commands.append({"HSET", control_key("run"), pack({finished.journal, finished.run}),
                   pack({finished.plan_name, finished.plan_hash, finished.env, finished.outcome,
                         finished.at})});
  if (finished.env == plan::kDefaultEnvironment) return {};
  MIG_ASSIGN(recorded, recorded_environment(redis));
  if (recorded) return {};
  commands.append(
      {"HSET", control_key("meta"), "environment", finished.env, "place", redis.shown()});
  return {};
}

// Whether nothing is left of any run but the one that is rolled back.
Result<bool> is_last(RedisConnection& redis, const FinishedRun& finished,
                     const std::vector<Fence>& fences) {
  if (finished.outcome != "rolled_back") return false;
  if (std::ranges::any_of(fences, [&](const Fence& it) { return it.run != finished.run; })) {
    return false;
  }
  MIG_ASSIGN(ended, redis.call({"HLEN", control_key("run")}));
  MIG_ASSIGN(rejecting, redis.call({"SMEMBERS", control_key("rejecting")}));
  const bool has_others = std::ranges::any_of(
      rejecting.items, [&](const RedisReply& run) { return run.text != finished.run; });
  return ended.integer == 0 && !has_others;
}

}  // namespace

std::string control_key(std::string_view name) {
  return fmt::format("{}{{mig}}:{}", kRedisControlPrefix, name);
}

Result<std::vector<Fence>> read_fences(RedisConnection& redis) {
  const std::string key = control_key("fence");
  MIG_ASSIGN(found, redis.call({"HGETALL", key}));
  std::vector<Fence> fences;
  for (std::size_t i = 0; i + 1 < found.items.size(); i += 2) {
    const auto parts = unpack(found.items[i + 1].text, 4);
    if (!parts) return damaged(redis, key);
    fences.push_back({found.items[i].text, (*parts)[0], (*parts)[1], unpacked_number((*parts)[2]),
                      unpacked_number((*parts)[3])});
  }
  std::ranges::sort(fences, {}, &Fence::resource);
  return fences;
}

Result<void> install_fence(RedisConnection& redis, const std::vector<std::string>& resources,
                           const Authority& authority, std::int64_t head_seq, Takeover takeover) {
  const std::string key = control_key("fence");
  const std::vector<std::string> watched = {key};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    RedisTransaction transaction(redis);
    MIG_TRY(transaction.watch(watched));
    MIG_ASSIGN(fences, read_fences(redis));
    MIG_TRY(refuse_others(redis, fences, resources, authority, takeover));
    RedisCommands commands;
    commands.append({"HSETNX", control_key("meta"), "marker", random_id()});
    commands.append({"HSET", control_key("meta"), "format", "1"});
    for (const std::string& resource : resources) {
      commands.append({"HSET", key, resource,
                       pack({authority.journal, authority.run, std::to_string(authority.epoch),
                             std::to_string(head_seq)})});
    }
    MIG_ASSIGN(is_done, transaction.commit(commands));
    if (is_done) return {};
  }
  return disturbed(redis);
}

Result<void> check_fence(RedisConnection& redis, const std::vector<std::string>& resources,
                         const Authority& authority) {
  MIG_ASSIGN(fences, read_fences(redis));
  for (const std::string& resource : resources) {
    const auto fence = std::ranges::find(fences, resource, &Fence::resource);
    if (fence != fences.end()) {
      if (!is_held_by(*fence, authority)) return held_by_another(redis.shown(), *fence);
      if (fence->epoch != authority.epoch) return overtaken(*fence, authority);
      continue;
    }
    MIG_ASSIGN(marker, field_of(redis, control_key("meta"), "marker"));
    if (marker.empty()) {
      return fail(ErrorKind::Permanent,
                  fmt::format("`{}` has lost its data: mig's marker is gone", redis.shown()),
                  "look for a FLUSHALL, a restart without a dump or a failover; then roll the run "
                  "back, or start it again");
    }
    return fail(ErrorKind::Conflict,
                fmt::format("the run `{}` does not hold `{}` in `{}`", authority.run, resource,
                            redis.shown()),
                "somebody released it; start the run again with `mig apply`");
  }
  return {};
}

Result<void> release(RedisConnection& redis, const FinishedRun& finished) {
  const std::vector<std::string> watched = {control_key("fence"), control_key("run"),
                                            control_key("rejecting")};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    RedisTransaction transaction(redis);
    MIG_TRY(transaction.watch(watched));
    MIG_ASSIGN(marker, field_of(redis, control_key("meta"), "marker"));
    if (marker.empty()) return {};
    MIG_ASSIGN(fences, read_fences(redis));
    RedisCommands commands;
    MIG_TRY(forget_run(redis, finished, fences, commands));
    if (finished.outcome != "rolled_back") MIG_TRY(note_end(redis, finished, commands));
    MIG_ASSIGN(leaves_nothing, is_last(redis, finished, fences));
    if (leaves_nothing) commands.append({"DEL", control_key("meta")});
    MIG_ASSIGN(is_done, transaction.commit(commands));
    if (is_done) return {};
  }
  return disturbed(redis);
}

Result<std::vector<FinishedRun>> finished_runs(RedisConnection& redis) {
  const std::string key = control_key("run");
  MIG_ASSIGN(found, redis.call({"HGETALL", key}));
  std::vector<FinishedRun> runs;
  for (std::size_t i = 0; i + 1 < found.items.size(); i += 2) {
    const auto name = unpack(found.items[i].text, 2);
    const auto end = unpack(found.items[i + 1].text, 5);
    if (!name || !end) return damaged(redis, key);
    runs.push_back({(*name)[0], (*name)[1], (*end)[0], (*end)[1], (*end)[2], (*end)[3], (*end)[4]});
  }
  std::ranges::sort(runs, [](const FinishedRun& left, const FinishedRun& right) {
    return left.at != right.at ? left.at > right.at : left.run < right.run;
  });
  return runs;
}

Result<std::optional<std::string>> recorded_environment(RedisConnection& redis) {
  MIG_ASSIGN(found, redis.call({"HMGET", control_key("meta"), "environment", "place"}));
  if (found.items.size() != 2 || found.items[1].text != redis.shown()) {
    return std::optional<std::string>();
  }
  return std::optional(found.items[0].text);
}

Result<std::string> identity(RedisConnection& redis) {
  MIG_ASSIGN(marker, field_of(redis, control_key("meta"), "marker"));
  return fmt::format("redis:{}:{}", marker.empty() ? "new" : marker, redis.address().database);
}

Result<std::vector<std::string>> control_keys(RedisConnection& redis) {
  std::vector<std::string> keys;
  const std::string glob = std::string(kRedisControlPrefix) + "*";
  std::string cursor(1, '0');
  do {
    MIG_ASSIGN(found, redis.call({"SCAN", cursor, "MATCH", glob, "COUNT", "1000"}));
    if (found.items.size() != 2) return std::unexpected(redis_error(found, redis.shown()));
    for (const RedisReply& key : found.items[1].items)
      keys.push_back(key.text);
    cursor = found.items[0].text;
  } while (cursor != "0");
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return keys;
}

Result<void> remove_control_keys(RedisConnection& redis, const std::vector<std::string>& keys) {
  RedisCommands commands;
  for (const std::string& key : keys) {
    if (key.starts_with(kRedisControlPrefix)) commands.append({"DEL", key});
  }
  RedisTransaction transaction(redis);
  MIG_TRY(transaction.commit(commands));
  return {};
}

}  // namespace mig::runtime
