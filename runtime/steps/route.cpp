// `writes` and `reads`: who answers the application, while it stands still or all at once.
//
// Two things say it: the routing document, which a willing application follows, and the guard in
// the old store, which refuses the others. Both are written by content, so a repeated slice changes
// nothing.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/routing.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/waiting.hpp"
#include "runtime/stores/sqlite_control.hpp"
#include "runtime/stores/sqlite_effect.hpp"
#include "runtime/stores/sqlite_guard.hpp"
#include "runtime/stores/stores.hpp"
#include "runtime/traffic/router.hpp"

namespace mig::runtime {
namespace {

std::string_view spelling(plan::Side side) {
  switch (side) {
    case plan::Side::Old:
      return "old";
    case plan::Side::New:
      return "new";
    case plan::Side::None:
      return "nobody";
  }
  return {};
}

class RouteStep : public Step {
 protected:
  template <class Change>
  static Result<void> tell(World& world, Change change) {
    if (!world.plan.through) return {};
    const auto router = open_router(world.stores, world.folder);
    MIG_ASSIGN(routes, router->read());
    change(routes);
    return router->write(routes, world.authority, world.clock.now());
  }

  // A document that this run made goes once both sides are where they were.
  static Result<void> take_back(World& world) {
    if (!world.plan.through) return {};
    return open_router(world.stores, world.folder)->restore(world.authority);
  }
};

class WritesStep final : public RouteStep {
 public:
  WritesStep(const plan::RouteWrites& action, plan::StepId id) : action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override {
    MIG_TRY(route(world, action_.to));
    return Outcome{Done{fmt::format("writes go to {}", spelling(action_.to)), {}}, {}};
  }

  Result<Outcome> undo(World& world) override {
    const plan::Side before = plan::route_before<plan::RouteWrites>(world.plan, id_).to;
    MIG_TRY(route(world, before));
    MIG_TRY(take_back(world));
    return Outcome{Done{fmt::format("writes go to {} again", spelling(before)), {}}, {}};
  }

 private:
  // Closing comes with the word first: a willing application stops asking before it is refused.
  // Opening comes with the guard first: nobody is told to write where a guard still refuses.
  Result<void> route(World& world, plan::Side to) {
    const auto say = [&] {
      return tell(world, [&](Routes& routes) { routes.writes.authority = to; });
    };
    if (to == plan::Side::Old) {
      MIG_TRY(set_guard(world, false));
      return say();
    }
    MIG_TRY(say());
    return set_guard(world, true);
  }

  Result<void> set_guard(World& world, bool is_closed) {
    const plan::Dataset& dataset = world.plan.at(world.plan.from);
    MIG_ASSIGN(database, world.stores.writer(dataset.store));
    MIG_ASSIGN(effect, Effect::begin(*database, resources_of(world.stores, dataset.store),
                                     world.authority, world.plan.at(id_).name));
    if (is_closed) {
      MIG_TRY(install_guard(
          *database, dataset.table,
          fmt::format("writes to {} are stopped by mig run {}; they go on at the new side, "
                      "or here when it is rolled back",
                      dataset.table, world.authority.run)));
      return effect.commit(Applied{.cursor = {}, .counts = {}, .finished = true});
    }
    MIG_TRY(remove_guard(*database, dataset.table));
    return effect.commit_undone();
  }

  plan::RouteWrites action_;
  plan::StepId id_;
};

class ReadsStep final : public RouteStep {
 public:
  ReadsStep(const plan::RouteReads& action, plan::StepId id) : action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override {
    MIG_TRY(route(world, action_));
    return Outcome{Done{describe(world, action_), {}}, {}};
  }

  Result<Outcome> undo(World& world) override {
    const auto before = plan::route_before<plan::RouteReads>(world.plan, id_);
    MIG_TRY(route(world, before));
    MIG_TRY(take_back(world));
    return Outcome{Done{fmt::format("{} again", describe(world, before)), {}}, {}};
  }

 private:
  static Result<void> route(World& world, const plan::RouteReads& action) {
    return tell(world, [&](Routes& routes) {
      routes.by = hashed_fields(world.plan, action);
      routes.reads = read_route(action);
    });
  }

  static std::string describe(const World& world, const plan::RouteReads& action) {
    return fmt::format("reads go to {}", print(world.plan, action));
  }

  plan::RouteReads action_;
  plan::StepId id_;
};

}  // namespace

std::unique_ptr<Step> make_writes(const plan::RouteWrites& action, plan::StepId id) {
  return std::make_unique<WritesStep>(action, id);
}

std::unique_ptr<Step> make_reads(const plan::RouteReads& action, plan::StepId id) {
  return std::make_unique<ReadsStep>(action, id);
}

}  // namespace mig::runtime
