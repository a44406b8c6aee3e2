// All rows that may have been touched while nobody was told: those of the side that leads, then
// those that stand on the other side and may be gone here. What closes a gap in a change feed, once
// it is counted how many rows go with it (gap_count.hpp).
//
// Pages are read as they stand then; what changes meanwhile is told by the feed behind the gap. One
// thread, that of the slices.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/owned_rows.hpp"
#include "runtime/stores/changelog.hpp"
#include "runtime/stores/keyset_reader.hpp"

namespace mig::runtime {

class Sweep {
 public:
  // Permanent where the side that leads is empty and the other one is not: then not changes were
  // lost, but data.
  static Result<Sweep> open(World& world, const plan::Lane& lane);

  // The next rows of the side that leads, or that led once, by their places. `owned`: one a target
  // of the lane, open. `is_last` with the last ones.
  Result<Touched> next(World& world, const std::vector<std::unique_ptr<OwnedRows>>& owned,
                       std::size_t limit);

 private:
  Sweep(const plan::Plan& plan, plan::Lane lane, KeysetReader reader)
      : plan_(&plan), lane_(std::move(lane)), reader_(std::move(reader)) {}

  const plan::Plan* plan_;
  plan::Lane lane_;
  KeysetReader reader_;  // of the dataset that is read now
  // Which target that is; nothing while it is the side that leads.
  std::optional<std::size_t> target_;
  std::string after_;
  Page page_;
};

}  // namespace mig::runtime
