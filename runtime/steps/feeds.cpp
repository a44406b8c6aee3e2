#include "runtime/steps/feeds.hpp"

#include <utility>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "runtime/steps/slots.hpp"
#include "runtime/stores/postgres_slot_feed.hpp"
#include "runtime/stores/redis_feed.hpp"
#include "runtime/stores/sql_feed.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {
namespace {

plan::DatasetId leading(const plan::Plan& plan, plan::Side leads) {
  return leads == plan::Side::Old ? plan.from : plan.to.front();
}

// What its follower has noted on the other side.
Result<std::optional<Applied>> place_of(World& world, plan::StepId step, plan::Side leads) {
  const plan::Plan& plan = world.plan;
  const plan::Lane lane = plan::lane(plan, leads);
  MIG_ASSIGN(follows, world.stores.reading(plan.at(lane.targets.front()).store));
  return read_applied(follows, world.authority.run, plan.at(step).name);
}

}  // namespace

bool leads_in_redis(const plan::Plan& plan, plan::Side leads) {
  return plan.at(leading(plan, leads)).keys.has_value();
}

Result<Changelog> log_of(const plan::Plan& plan, plan::Side leads) {
  return leads == plan::Side::Old ? Changelog::of(plan, plan.from) : Changelog::of_new_side(plan);
}

Result<std::unique_ptr<ChangeFeed>> open_feed(World& world, plan::StepId step, plan::Side leads) {
  const plan::Plan& plan = world.plan;
  const plan::Lane lane = plan::lane(plan, leads);
  const plan::Dataset& source = plan.at(lane.source);
  std::unique_ptr<ChangeFeed> feed;
  if (leads_through_slot(plan, leads)) {
    MIG_ASSIGN(place, place_of(world, step, leads));
    MIG_ASSIGN(stream, slot_stream(plan, world.stores, leads));
    MIG_ASSIGN(rows, world.stores.reader(source.store));
    feed = std::make_unique<PostgresSlotFeed>(std::move(stream), *rows,
                                              place ? place->cursor : std::string());
    return feed;
  }
  if (!source.keys) {
    MIG_ASSIGN(log, log_of(plan, leads));
    MIG_ASSIGN(database, world.stores.reader(source.store));
    feed = std::make_unique<SqlFeed>(std::move(log), *database);
    return feed;
  }
  MIG_ASSIGN(place, place_of(world, step, leads));
  MIG_ASSIGN(asks, world.stores.reading(source.store));
  MIG_ASSIGN(pattern, KeyPattern::parse(plan.entity_of(lane.source), source.place()));
  auto connect = [&stores = world.stores, store = source.store] {
    return stores.another_redis(store);
  };
  feed = std::make_unique<RedisFeed>(*asks.redis(), std::move(connect), std::move(pattern),
                                     place ? place->cursor : std::string());
  return feed;
}

Result<Applied> first_place(World& world, plan::StepId step, plan::Side leads) {
  if (leads_through_slot(world.plan, leads)) return make_slot(world, step, leads);
  if (!leads_in_redis(world.plan, leads)) return Applied{.cursor = "0"};
  const plan::StoreId store = world.plan.at(leading(world.plan, leads)).store;
  MIG_ASSIGN(asks, world.stores.reading(store));
  MIG_ASSIGN(link, world.stores.another_redis(store));
  MIG_ASSIGN(place, begin_replication(*asks.redis(), std::move(link)));
  return Applied{.cursor = place.print()};
}

Result<bool> is_told(World& world, plan::StepId step, plan::Side leads) {
  const plan::Plan& plan = world.plan;
  if (leads_in_redis(plan, leads)) {
    MIG_ASSIGN(place, place_of(world, step, leads));
    return place.has_value();
  }
  if (leads_through_slot(plan, leads)) {
    MIG_ASSIGN(place, place_of(world, step, leads));
    return place && !place->cursor.empty();
  }
  MIG_ASSIGN(log, log_of(plan, leads));
  MIG_ASSIGN(database, world.stores.reader(plan.at(leading(plan, leads)).store));
  return log.is_installed(*database);
}

Result<void> check_feed(const plan::Plan& plan, Stores& stores, plan::Side leads) {
  if (leads_through_slot(plan, leads)) return check_slot(plan, stores, leads);
  MIG_ASSIGN(store, stores.reading(plan.at(leading(plan, leads)).store));
  if (store.redis() == nullptr) {
    MIG_ASSIGN(log, log_of(plan, leads));
    return log.check(*store.sql());
  }
  RedisConnection& redis = *store.redis();
  MIG_ASSIGN(user, redis.call({"ACL", "WHOAMI"}));
  MIG_TRY(redis.drop_pending());
  redis.append({"ACL", "DRYRUN", user.text, "PSYNC", "?", "-1"});
  MIG_ASSIGN(may, redis.reply());
  // Who may not ask what it may do finds out when it follows.
  if (may.is_error() || may.text == "OK") return {};
  return fail(
      ErrorKind::Permanent,
      fmt::format("`{}` does not let `{}` read its replication stream", redis.shown(), user.text),
      "give that user `+psync +replconf +info`");
}

}  // namespace mig::runtime
