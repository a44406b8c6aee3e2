#include "runtime/steps/side_guard.hpp"

#include <fmt/format.h>

#include "runtime/steps/store_step.hpp"
#include "runtime/stores/guard.hpp"
#include "runtime/stores/redis_guard.hpp"
#include "runtime/stores/sequences.hpp"

namespace mig::runtime {
namespace {

std::string refusal(const World& world, plan::Side side, const std::string& table) {
  return side == plan::Side::Old
             ? fmt::format(
                   "writes to {} are stopped by mig run {}; they go on at the new side, "
                   "or here when it is rolled back",
                   table, world.authority.run)
             : fmt::format(
                   "writes to {} are stopped by mig run {}; they go to the old side "
                   "until the plan moves them",
                   table, world.authority.run);
}

}  // namespace

std::vector<plan::DatasetId> datasets_of(const plan::Plan& plan, plan::Side side) {
  return side == plan::Side::Old ? std::vector{plan.from} : plan.to;
}

Result<void> put_guard(const World& world, Effect& effect, plan::StoreId store, plan::Side side,
                       Guard guard) {
  for (const plan::DatasetId dataset :
       in_file(world.stores, store, datasets_of(world.plan, side))) {
    const std::string& table = world.plan.at(dataset).place();
    if (RedisEffect* const redis = effect.redis()) {
      if (guard == Guard::Open) remove_guard(*redis, table);
      if (guard == Guard::Closed) install_guard(*redis, table, refusal(world, side, table));
      continue;
    }
    const Database& database = effect.database();
    if (guard == Guard::Open) {
      MIG_TRY(remove_guard(database, table));
      MIG_TRY(pass_copied_keys(database, world.plan, dataset));
    } else {
      MIG_TRY(install_guard(database, table, refusal(world, side, table)));
    }
  }
  return {};
}

Result<bool> is_guarded(const OpenStore& store, const plan::Dataset& dataset) {
  if (store.sql() != nullptr) return is_guarded(*store.sql(), dataset.table);
  return is_guarded(*store.redis(), dataset.place());
}

}  // namespace mig::runtime
