#include "runtime/steps/slots.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "runtime/steps/feeds.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/stores/catalogue.hpp"
#include "runtime/stores/postgres_slot_feed.hpp"

namespace mig::runtime {
namespace {

plan::StoreId leading_store(const plan::Plan& plan, plan::Side leads) {
  return plan.at(leads == plan::Side::Old ? plan.from : plan.to.front()).store;
}

WalLimit wal_limit(const plan::Plan& plan) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* accept = std::get_if<plan::Accept>(&plan.steps[i].action);
    const bool is_said = accept != nullptr && plan.sees(plan::StepId{i}) &&
                         accept->risk == plan::AcceptedRisk::UnlimitedWal;
    if (is_said) return WalLimit::Accepted;
  }
  return WalLimit::Needed;
}

// A table that the plan makes is known by its key alone; on the way back rows beside the one that
// drives are known by what refers to it.
Result<void> check_unmade(const plan::Plan& plan, const Database& database) {
  const plan::Lane lane = plan::lane(plan, plan::Side::New);
  for (std::size_t i = 0; i < lane.companions.size(); ++i) {
    const plan::Dataset& dataset = plan.at(lane.companions[i]);
    MIG_ASSIGN(exists, has_table(database, dataset.table));
    if (exists) continue;
    const std::vector<std::uint32_t> key = plan.entity_of(lane.companions[i]).key();
    const bool is_key = std::ranges::all_of(
        lane.transform.companions[i].by,
        [&](std::uint32_t field) { return std::ranges::find(key, field) != key.end(); });
    if (is_key) continue;
    return fail(
        ErrorKind::Permanent,
        fmt::format("a slot does not tell which row a row of `{}` belonged to that goes: "
                    "what refers to it is no part of its key",
                    dataset.table),
        fmt::format("leave out `changes = slot` of the store `{}`", plan.at(dataset.store).name));
  }
  return {};
}

Result<std::string> server_of(const Database& database) {
  MIG_ASSIGN(rows, database.prepare("SELECT system_identifier::text FROM pg_control_system()"));
  MIG_TRY(rows.step());
  std::string server(rows.text(0));
  rows.reset();
  return server;
}

// Whether the plan makes the slot of the old side first, on the same server.
Result<bool> makes_old_slot_beside(const plan::Plan& plan, Stores& stores,
                                   const Database& database) {
  if (!leads_through_slot(plan, plan::Side::Old)) return false;
  MIG_ASSIGN(log, log_of(plan, plan::Side::Old));
  MIG_ASSIGN(old, stores.reader(leading_store(plan, plan::Side::Old)));
  MIG_ASSIGN(here, server_of(database));
  MIG_ASSIGN(there, server_of(*old));
  if (here != there) return false;
  MIG_ASSIGN(slot, PostgresSlot::of(*old, log));
  MIG_ASSIGN(now, slot.state(*old));
  return !now.exists;
}

}  // namespace

bool leads_through_slot(const plan::Plan& plan, plan::Side leads) {
  return plan.at(leading_store(plan, leads)).changes == plan::ChangeSource::Slot;
}

Result<std::shared_ptr<PostgresSlotStream>> slot_stream(const plan::Plan& plan, Stores& stores,
                                                        plan::Side leads) {
  const plan::StoreId store = leading_store(plan, leads);
  MIG_ASSIGN(log, log_of(plan, leads));
  auto& stream = stores.slot_streams()[fmt::format("{}:{}", store.index, log.table())];
  if (stream == nullptr) {
    MIG_ASSIGN(opened, PostgresSlotStream::open(
                           log, [&stores, store] { return stores.own_writer(store); },
                           [&stores, store] { return stores.another_stream(store); }));
    stream = std::move(opened);
  }
  return stream;
}

Result<void> check_slot(const plan::Plan& plan, Stores& stores, plan::Side leads) {
  MIG_ASSIGN(log, log_of(plan, leads));
  MIG_ASSIGN(database, stores.reader(leading_store(plan, leads)));
  MIG_ASSIGN(slot, PostgresSlot::of(*database, log));
  std::int64_t beside = 0;
  if (leads == plan::Side::New) {
    MIG_TRY(check_unmade(plan, *database));
    MIG_ASSIGN(makes_another, makes_old_slot_beside(plan, stores, *database));
    beside = makes_another ? 1 : 0;
  }
  return slot.check(*database, wal_limit(plan), beside);
}

Result<std::string> slot_notice(const plan::Plan& plan, Stores& stores, plan::Side leads) {
  MIG_ASSIGN(log, log_of(plan, leads));
  const plan::StoreId store = leading_store(plan, leads);
  MIG_ASSIGN(database, stores.reader(store));
  MIG_ASSIGN(slot, PostgresSlot::of(*database, log));
  MIG_ASSIGN(kept, kept_for_slots(*database));
  return fmt::format(
      "the store `{}` is followed through the slot `{}`; while nobody reads it, its "
      "server keeps {} of its log",
      plan.at(store).name, slot.name(), kept.empty() ? "all" : fmt::format("up to {}", kept));
}

Result<Applied> make_slot(World& world, plan::StepId step, plan::Side leads) {
  MIG_ASSIGN(stream, slot_stream(world.plan, world.stores, leads));
  const PostgresSlot& slot = stream->slot();
  {
    // The fence says that we may.
    MIG_ASSIGN(effect, begin_effect(world, leading_store(world.plan, leads), step));
    MIG_TRY(slot.publish(effect.database()));
    MIG_TRY(effect.commit(effect.applied().value_or(Applied{})));
  }
  MIG_ASSIGN(asks, stream->asks());
  MIG_ASSIGN(place, slot.create(*asks));
  MIG_ASSIGN(now, slot.state(*asks));
  return Applied{.cursor = PostgresSlotFeed::cursor_of(place, now.history)};
}

Result<void> settle_slot(World& world, const Database& database, plan::Side leads) {
  MIG_ASSIGN(stream, slot_stream(world.plan, world.stores, leads));
  return stream->slot().wait_for_writers(database);
}

Result<void> take_slot_away(World& world, const Database& database, plan::Side leads) {
  MIG_ASSIGN(stream, slot_stream(world.plan, world.stores, leads));
  stream->close();
  MIG_ASSIGN(asks, stream->asks());
  MIG_TRY(stream->slot().drop(*asks));
  return stream->slot().unpublish(database);
}

Result<void> pass_untouched(World& world, plan::StepId forward) {
  const plan::StoreId follows = leading_store(world.plan, plan::Side::New);
  MIG_ASSIGN(target, world.stores.reading(follows));
  MIG_ASSIGN(place, read_applied(target, world.authority.run, world.plan.at(forward).name));
  if (!place || place->cursor.empty()) return {};
  MIG_ASSIGN(feed, open_feed(world, forward, plan::Side::Old));
  feed->stand_at(place->cursor);
  MIG_ASSIGN(touched, feed->read(position_of(place->cursor), 1, Horizon::Settled));
  // A gap is closed by whoever follows it again.
  if (touched.is_gap || touched.entries == 0 || !touched.keys.empty()) return {};
  MIG_ASSIGN(effect, begin_effect(world, follows, forward));
  if (!effect.applied() || effect.applied()->cursor != place->cursor) return {};
  Applied now = *effect.applied();
  now.cursor = feed->cursor(touched.until);
  return effect.commit(now);
}

Result<void> check_slot_tells(World& world, plan::Side leads) {
  MIG_ASSIGN(stream, slot_stream(world.plan, world.stores, leads));
  MIG_ASSIGN(is_whole, stream->is_whole());
  if (is_whole) return {};
  const plan::DatasetId leading =
      leads == plan::Side::Old ? world.plan.from : world.plan.to.front();
  return fail(ErrorKind::Transient,
              fmt::format("somebody has changed the slot or the publication that tell what is "
                          "written to `{}`, so rows may be missing on the other side",
                          world.plan.at(leading).table),
              "every row is compared before it is tried again");
}

}  // namespace mig::runtime
