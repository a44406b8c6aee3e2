#include "runtime/steps/store_step.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/stores/store_control.hpp"

namespace mig::runtime {

Result<Effect> begin_effect(World& world, plan::StoreId store, plan::StepId step) {
  MIG_ASSIGN(opened, world.stores.writing(store));
  return begin_effect(world, opened, store, step);
}

Result<Effect> begin_effect(World& world, const OpenStore& opened, plan::StoreId store,
                            plan::StepId step) {
  return Effect::begin(opened, resources_of(world.stores, store), world.authority,
                       world.plan.at(step).name);
}

Result<std::string> quoted_table(const plan::Plan& plan, plan::DatasetId dataset) {
  return quote_identifier(plan.at(dataset).table);
}

std::vector<plan::StoreId> files_of(const Stores& stores,
                                    const std::vector<plan::DatasetId>& datasets) {
  std::vector<plan::StoreId> found;
  for (const plan::DatasetId dataset : datasets) {
    const plan::StoreId store = stores.plan().at(dataset).store;
    const bool is_new = std::ranges::none_of(
        found, [&](plan::StoreId other) { return stores.is_one_file(other, store); });
    if (is_new) found.push_back(store);
  }
  return found;
}

std::vector<plan::DatasetId> in_file(const Stores& stores, plan::StoreId store,
                                     const std::vector<plan::DatasetId>& datasets) {
  std::vector<plan::DatasetId> found;
  for (const plan::DatasetId dataset : datasets) {
    if (stores.is_one_file(stores.plan().at(dataset).store, store)) found.push_back(dataset);
  }
  return found;
}

std::string names_of(const plan::Plan& plan, const std::vector<plan::DatasetId>& datasets) {
  std::string names;
  for (const plan::DatasetId dataset : datasets)
    names += fmt::format("{}`{}`", names.empty() ? "" : ", ", plan.at(dataset).name);
  return names;
}

Result<Outcome> StoreStep::advance(World& world) {
  for (const plan::StoreId store : stores(world.stores)) {
    if (makes_file() && !world.stores.exists(store)) {
      MIG_ASSIGN(made, world.stores.writing(store, IfMissing::Create));
      MIG_TRY(install_fence(made, resources_of(world.stores, store), world.authority, 0));
    }
    MIG_ASSIGN(effect, begin_effect(world, store, id_));
    const std::optional<Applied>& applied = effect.applied();
    if (applied && applied->finished) continue;
    MIG_TRY(apply(world, effect.database(), store));
    MIG_TRY(effect.commit({.finished = true}));
  }
  return Outcome{Done{.summary = summary()}, {}};
}

Result<Outcome> StoreStep::undo(World& world) {
  auto touched = stores(world.stores);
  std::ranges::reverse(touched);
  for (const plan::StoreId store : touched) {
    if (!world.stores.exists(store)) continue;
    MIG_ASSIGN(effect, begin_effect(world, store, id_));
    if (!effect.applied()) continue;
    MIG_TRY(revert(world, effect.database(), store));
    MIG_TRY(effect.commit_undone());
  }
  return Outcome{Done{.summary = "took back: " + summary()}, {}};
}

}  // namespace mig::runtime
