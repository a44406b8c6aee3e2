#include "runtime/engine/failures.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/overloaded.hpp"

namespace mig::runtime {

plan::Trouble trouble_of(const Error& error) {
  if (error.cause == Cause::DiskFull) return plan::Trouble::DiskFull;
  switch (error.kind) {
    case ErrorKind::Transient:
      return plan::Trouble::Transient;
    case ErrorKind::Conflict:
      return plan::Trouble::Conflict;
    case ErrorKind::Permanent:
      return plan::Trouble::Permanent;
  }
  assert(false && "every kind is a trouble");
  return plan::Trouble::Permanent;
}

std::string sentence(const Error& error) {
  return error.help.empty() ? error.message : fmt::format("{}; {}", error.message, error.help);
}

std::vector<plan::Record> records_of(const plan::Plan& plan, const plan::RunState& state,
                                     const Failure& failure, Instant now) {
  const auto consequence =
      on_failure(plan, state, failure.step, failure.trouble, failure.absence_pauses);
  plan::StepFailed failed{failure.step, direction_of(plan, state, failure.step),
                          std::string(name(failure.trouble)), failure.message, 0};
  const std::string why = fmt::format("{}: {}", plan.at(failure.step).name, failure.message);
  using Records = std::vector<plan::Record>;
  return std::visit(plan::Overloaded{
                        [&](const plan::TryAgain& again) {
                          const Instant at =
                              now + std::chrono::duration_cast<Instant::duration>(again.wait);
                          failed.retry_at = at.time_since_epoch().count();
                          return Records{failed};
                        },
                        [&](const plan::GoBack& back) {
                          if (back.alone)
                            return Records{failed, start_of_way_back(back.alone, why)};
                          return Records{failed, plan::RollbackStarted{why, back.to, back.retreat}};
                        },
                        [&](const plan::Stop& stop) {
                          const plan::RunPaused paused{stop.reason, why};
                          // A step that found no room has not failed: it stands where it stood.
                          return stop.reason == plan::PauseReason::Disk ? Records{paused}
                                                                        : Records{failed, paused};
                        },
                    },
                    consequence);
}

plan::Record start_of_way_back(std::optional<plan::ResourceId> alone, const std::string& why) {
  if (alone) return plan::ResourceRollbackStarted{*alone, why};
  return plan::RollbackStarted{why, {}, {}};
}

std::vector<plan::Record> end_of_way_back(const plan::RunState& state, plan::ResourceId resource) {
  std::vector<plan::Record> records{plan::ResourceRolledBack{resource}};
  const auto before = std::ranges::count(state.resources, plan::ResourceStatus::RolledBack,
                                         &plan::ResourceState::status);
  if (before + 1 == std::ssize(state.resources))
    records.push_back(start_of_way_back({}, "every resource went back"));
  return records;
}

}  // namespace mig::runtime
