// A step whose whole effect in a store is one transaction: structure, and `sql`.
//
// Once the store says that the step has finished there, it is not done again; undone, it leaves no
// trace. Subclasses say which stores they touch and what they do in one.
#pragma once

#include <string>
#include <vector>

#include "runtime/engine/world.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

// An Effect of that step, with the fence of everything the plan moves in that store.
Result<Effect> begin_effect(World& world, plan::StoreId store, plan::StepId step);
// The same by another connection to that store.
Result<Effect> begin_effect(World& world, const OpenStore& opened, plan::StoreId store,
                            plan::StepId step);

// The dataset's table as SQL: `"users"`.
Result<std::string> quoted_table(const plan::Plan& plan, plan::DatasetId dataset);

// The stores of these datasets, each file once.
std::vector<plan::StoreId> files_of(const Stores& stores,
                                    const std::vector<plan::DatasetId>& datasets);
// Those of the datasets that stand in that store's file.
std::vector<plan::DatasetId> in_file(const Stores& stores, plan::StoreId store,
                                     const std::vector<plan::DatasetId>& datasets);

// "`users`, `emails`"
std::string names_of(const plan::Plan& plan, const std::vector<plan::DatasetId>& datasets);

class StoreStep : public Step {
 public:
  StoreStep(const plan::Plan& plan, plan::StepId id) : plan_(plan), id_(id) {}

  Result<Outcome> advance(World& world) final;
  Result<Outcome> undo(World& world) final;

 protected:
  const plan::Plan& plan() const { return plan_; }
  plan::StepId id() const { return id_; }

  virtual std::vector<plan::StoreId> stores(const Stores& all) const = 0;
  virtual Result<void> apply(World& world, const Database& database, plan::StoreId store) = 0;
  virtual Result<void> revert(World& world, const Database& database, plan::StoreId store) = 0;
  virtual std::string summary() const = 0;
  // Makes a store's file where there is none; its fence is installed with it.
  virtual bool makes_file() const { return false; }

 private:
  const plan::Plan& plan_;
  plan::StepId id_;
};

}  // namespace mig::runtime
