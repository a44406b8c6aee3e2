// What `reads` and `writes` share: they change the routing document by content, so that a repeated
// slice changes nothing.
#pragma once

#include "compiler/plan/routing.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/traffic/router.hpp"

namespace mig::runtime {

inline void put_writes(Routes& routes, const plan::WritesState& writes) {
  routes.writes = {.authority = writes.authority};
  if (!writes.mirror) return;
  routes.writes.mirror = writes.authority == plan::Side::Old ? plan::Side::New : plan::Side::Old;
  routes.writes.mode = writes.mirror;
}

// A side that mig keeps current answers nobody before the resident has said until when it may.
inline void put_freshness(Routes& routes, Instant now) {
  if (!routes.needs_freshness()) {
    routes.fresh_until.reset();
  } else if (!routes.fresh_until) {
    routes.fresh_until = now;
  }
}

class RouteStep : public Step {
 protected:
  template <class Change>
  static Result<void> tell(World& world, Change change) {
    if (!world.plan.through) return {};
    const auto router = open_router(world.plan, world.stores, world.folder);
    MIG_ASSIGN(routes, router->read());
    change(routes);
    const Instant now = world.clock.now();
    put_freshness(routes, now);
    return router->write(routes, world.authority, now);
  }

  // A document that this run made goes once both sides are where they were.
  static Result<void> take_back(World& world) {
    if (!world.plan.through) return {};
    return open_router(world.plan, world.stores, world.folder)->restore(world.authority);
  }
};

}  // namespace mig::runtime
