#include "runtime/steps/side_guard.hpp"

#include <algorithm>

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
    if (guard == Guard::Open) {
      MIG_TRY(open_guard(effect, world.plan, dataset));
      continue;
    }
    const std::string& table = world.plan.at(dataset).place();
    const std::string message = refusal(world, side, table);
    if (RedisEffect* const redis = effect.redis()) {
      install_guard(*redis, table, message);
    } else {
      MIG_TRY(install_guard(effect.database(), table, message));
    }
  }
  return {};
}

Result<void> open_guard(Effect& effect, const plan::Plan& plan, plan::DatasetId dataset) {
  const std::string& table = plan.at(dataset).place();
  if (RedisEffect* const redis = effect.redis()) {
    remove_guard(*redis, table);
    return {};
  }
  MIG_TRY(remove_guard(effect.database(), table));
  return pass_copied_keys(effect.database(), plan, dataset);
}

bool is_emptied_by_undo(const plan::Plan& plan, plan::DatasetId dataset, plan::StepId step) {
  const auto names_it = [&](const auto& datasets) {
    return std::ranges::find(datasets, dataset) != datasets.end();
  };
  for (std::uint32_t i = 0; i < step.index; ++i) {
    const auto* create = std::get_if<plan::Create>(&plan.steps[i].action);
    const auto* purge = std::get_if<plan::Purge>(&plan.steps[i].action);
    if (create != nullptr && names_it(create->datasets)) return true;
    if (purge != nullptr && names_it(purge->datasets)) return true;
  }
  return false;
}

Result<void> let_go_of_new(World& world, plan::StepId step) {
  for (const plan::StoreId store : files_of(world.stores, world.plan.to)) {
    MIG_ASSIGN(effect, begin_effect(world, store, step));
    for (const plan::DatasetId dataset : in_file(world.stores, store, world.plan.to)) {
      if (is_emptied_by_undo(world.plan, dataset, step)) continue;
      MIG_TRY(open_guard(effect, world.plan, dataset));
    }
    MIG_TRY(effect.commit_undone());
  }
  return {};
}

Result<bool> is_guarded(const OpenStore& store, const plan::Dataset& dataset) {
  if (store.sql() != nullptr) return is_guarded(*store.sql(), dataset.table);
  return is_guarded(*store.redis(), dataset.place());
}

}  // namespace mig::runtime
