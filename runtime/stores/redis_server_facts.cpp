#include "runtime/stores/redis_server_facts.hpp"

#include <charconv>

#include <fmt/format.h>

#include "runtime/stores/redis_info.hpp"

namespace mig::runtime {
namespace {

constexpr std::int64_t kFirstMajor = 7;

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Result<RedisServerFacts> read_server_facts(RedisConnection& redis) {
  MIG_ASSIGN(info, redis.call({"INFO"}));
  const auto value = [&](std::string_view name) { return info_value(info.text, name); };
  RedisServerFacts facts;
  facts.version = value("redis_version");
  facts.server_run = value("run_id");
  facts.replication_id = value("master_replid");
  facts.replication_offset = number(value("master_repl_offset"));
  facts.is_replica = value("role") != "master";
  facts.replicas = number(value("connected_slaves"));
  facts.used_memory = number(value("used_memory"));
  facts.max_memory = number(value("maxmemory"));
  facts.eviction = value("maxmemory_policy");
  facts.backlog = number(value("repl_backlog_size"));
  facts.is_append_only = value("aof_enabled") == "1";
  return facts;
}

Result<bool> is_same_server(RedisConnection& one, RedisConnection& other) {
  MIG_ASSIGN(first, read_server_facts(one));
  MIG_ASSIGN(second, read_server_facts(other));
  return first.server_run == second.server_run;
}

Result<void> check_source(const RedisServerFacts& facts, const std::string& shown) {
  if (number(facts.version) >= kFirstMajor) return {};
  return fail(ErrorKind::Permanent,
              fmt::format("`{}` is Redis {}, which cannot tell when a key expires", shown,
                          facts.version.empty() ? "of an unknown version" : facts.version),
              "use Redis 7.0 or later");
}

Result<void> check_target(const RedisServerFacts& facts, const std::string& shown,
                          Eviction eviction) {
  MIG_TRY(check_source(facts, shown));
  if (facts.is_replica) {
    return fail(ErrorKind::Permanent, fmt::format("`{}` is a replica and takes no writes", shown),
                "after a failover point the URL to the new primary");
  }
  if (eviction == Eviction::Expected || !facts.eviction.starts_with("allkeys-")) return {};
  return fail(
      ErrorKind::Permanent,
      fmt::format("`{}` evicts any key when its memory is full (`{}`)", shown, facts.eviction),
      "set `maxmemory-policy` to `noeviction`, or write `data none` where the store is a "
      "cache");
}

}  // namespace mig::runtime
