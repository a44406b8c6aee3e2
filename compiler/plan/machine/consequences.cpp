#include "compiler/plan/machine/consequences.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/overloaded.hpp"

namespace mig::plan {

std::vector<Record> records_of(const Plan& plan, const RunState& state, const Failure& failure,
                               Micros now) {
  const auto consequence =
      on_failure(plan, state, failure.step, failure.trouble, failure.absence_pauses);
  StepFailed failed{failure.step, direction_of(plan, state, failure.step),
                    std::string(name(failure.trouble)), failure.message, 0};
  const std::string why = fmt::format("{}: {}", plan.at(failure.step).name, failure.message);
  using Records = std::vector<Record>;
  return std::visit(
      Overloaded{
          [&](const TryAgain& again) {
            failed.retry_at =
                now + std::chrono::duration_cast<std::chrono::microseconds>(again.wait).count();
            return Records{failed};
          },
          [&](const GoBack& back) {
            if (back.alone) return Records{failed, start_of_way_back(back.alone, why)};
            return Records{failed, RollbackStarted{why, back.to, back.retreat}};
          },
          [&](const Stop& stop) {
            const RunPaused paused{stop.reason, why};
            // A step that found no room has not failed: it stands where it stood.
            return stop.reason == PauseReason::Disk ? Records{paused} : Records{failed, paused};
          },
      },
      consequence);
}

Record start_of_way_back(std::optional<ResourceId> alone, const std::string& why) {
  if (alone) return ResourceRollbackStarted{*alone, why};
  return RollbackStarted{why, {}, {}};
}

std::vector<Record> end_of_way_back(const RunState& state, ResourceId resource) {
  std::vector<Record> records{ResourceRolledBack{resource}};
  const auto before =
      std::ranges::count(state.resources, ResourceStatus::RolledBack, &ResourceState::status);
  if (before + 1 == std::ssize(state.resources))
    records.push_back(start_of_way_back({}, "every resource went back"));
  return records;
}

}  // namespace mig::plan
