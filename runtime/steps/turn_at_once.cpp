#include "runtime/steps/turn_at_once.hpp"

#include "runtime/steps/following.hpp"
#include "runtime/steps/route_step.hpp"
#include "runtime/steps/side_guard.hpp"
#include "runtime/steps/store_step.hpp"
#include "runtime/traffic/routing_table.hpp"

namespace mig::runtime {

using plan::Side;
using plan::WriteMode;

bool can_turn_at_once(const World& world, const plan::WritesState& old_leads,
                      const plan::WritesState& new_leads) {
  const plan::Plan& plan = world.plan;
  return old_leads.authority == Side::Old && old_leads.mirror == WriteMode::Transaction &&
         new_leads.authority == Side::New && new_leads.mirror == WriteMode::Transaction &&
         plan.through && plan.at(*plan.through).kind == plan::RouterKind::Table &&
         world.stores.is_one_file(*plan.at(*plan.through).store, old_store(world)) &&
         world.stores.is_one_file(old_store(world), new_store(world));
}

Result<bool> turn_at_once(World& world, const Turn& turn) {
  const Side leads = turn.writes.authority;
  const Side led = leads == Side::New ? Side::Old : Side::New;
  const plan::StoreId store = old_store(world);
  MIG_ASSIGN(effect, begin_effect(world, store, turn.step));
  const Database& database = effect.database();
  MIG_ASSIGN(is_carried, is_carried_over(world, database, turn.followed, led));
  if (!is_carried) return false;
  MIG_TRY(put_guard(world, effect, store, led, Guard::Closed));
  MIG_TRY(lead_by_triggers(database, world.plan, leads));
  MIG_TRY(put_guard(world, effect, store, leads, Guard::Open));
  const RoutingTable table = open_routing_table(world.plan, world.stores);
  MIG_ASSIGN(routes, table.read_within(database));
  put_writes(routes, turn.writes);
  const Instant now = world.clock.now();
  put_freshness(routes, now);
  MIG_TRY(table.write_within(database, routes, world.authority, now));
  Applied note = effect.applied().value_or(kFirstPlace);
  note.finished = turn.is_finished;
  MIG_TRY(effect.commit(note));
  return true;
}

}  // namespace mig::runtime
