#include "runtime/traffic/routing_channel.hpp"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "runtime/stores/control.hpp"
#include "runtime/stores/redis_control.hpp"
#include "runtime/stores/redis_transaction.hpp"

namespace mig::runtime {
namespace {

// Other routers may change their documents under the same key; so often in a row they do not.
constexpr int kAttempts = 16;

}  // namespace

RoutingChannel::RoutingChannel(Stores& stores, plan::StoreId store, std::string key,
                               RouterName name, Routes initial)
    : stores_(stores),
      store_(store),
      key_(std::move(key)),
      name_(std::move(name)),
      initial_(std::move(initial)) {}

RoutingChannel open_routing_channel(const plan::Plan& plan, Stores& stores) {
  const plan::Router& router = plan.at(plan.through.value());
  return {stores, router.store.value(), router.table, router_name(plan), initial_routes(plan)};
}

Result<RedisConnection*> RoutingChannel::redis(bool is_for_writes) const {
  MIG_ASSIGN(opened, is_for_writes ? stores_.writing(store_) : stores_.reading(store_));
  if (opened.redis() == nullptr) {
    return fail(ErrorKind::Permanent,
                fmt::format("the router `{}` is a channel, and its store `{}` is no Redis",
                            name_.router, stores_.plan().at(store_).name),
                "name a store of the kind redis, or make it a router of the kind `table`");
  }
  return opened.redis();
}

Result<Routes> RoutingChannel::read() {
  MIG_ASSIGN(connection, redis(false));
  return read_from(*connection);
}

Result<Routes> RoutingChannel::read_from(RedisConnection& redis) const {
  const auto stranger = [&] {
    return fail(ErrorKind::Permanent,
                fmt::format("the key `{}` of `{}` holds no routing documents", key_, redis.shown()),
                "rename it, or name another key in the plan's router");
  };
  MIG_TRY(redis.drop_pending());
  redis.append({"HGET", key_, name_.router});
  MIG_ASSIGN(found, redis.reply());
  if (found.is_error() && found.code() == "WRONGTYPE") return stranger();
  if (found.is_error()) return std::unexpected(redis_error(found, redis.shown()));
  if (found.is_nil()) return initial_;
  auto routes = decode_routes(found.text, initial_);
  if (!routes) return stranger();
  return std::move(*routes);
}

// What was read is watched, and so is the fence: neither an older document nor an older runner
// gets past an EXEC, also not one whose answer was lost and that is carried out late.
template <class Decide>
Result<void> RoutingChannel::change(const Authority& authority, const Decide& decide) {
  MIG_ASSIGN(connection, redis(true));
  const std::array<std::string, 2> watched = {control_key("fence"), key_};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    RedisTransaction transaction(*connection);
    MIG_TRY(transaction.watch(watched));
    MIG_TRY(check_fence(*connection, resources_of(stores_, store_), authority));
    MIG_ASSIGN(present, read_from(*connection));
    const Result<std::optional<Change>> decided = decide(present);
    if (!decided) return std::unexpected(decided.error());
    if (!*decided) return {};
    const std::optional<Routes>& next = (*decided)->next;
    RedisCommands commands;
    if (next) {
      commands.append({"HSET", key_, name_.router, encode(*next, name_)});
    } else {
      commands.append({"HDEL", key_, name_.router});
    }
    commands.append({"PUBLISH", key_, std::to_string(next ? next->version : 0)});
    MIG_ASSIGN(is_done, transaction.commit(commands));
    if (is_done) return {};
  }
  return fail(ErrorKind::Transient,
              fmt::format("others keep changing the key `{}` of `{}`", key_, connection->shown()),
              "look for whoever else writes there; it is tried again");
}

Result<void> RoutingChannel::write(const Routes& wanted, const Authority& authority, Instant now) {
  return change(authority, [&](const Routes& present) -> Result<std::optional<Change>> {
    MIG_ASSIGN(next, next_routes(present, wanted, authority, now));
    if (!next) return std::optional<Change>();
    return std::optional(Change{std::move(*next)});
  });
}

Result<void> RoutingChannel::restore(const Authority& authority) {
  return change(authority, [&](const Routes& present) -> Result<std::optional<Change>> {
    if (!is_spent(present, authority)) return std::optional<Change>();
    return std::optional(Change{});
  });
}

}  // namespace mig::runtime
