#include "runtime/steps/hold_cursor.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

#include <fmt/format.h>

#include "runtime/gates/metric_sources.hpp"

namespace mig::runtime {

// An older journal says nothing of a log.
HoldCursor HoldCursor::parse(const std::string& text) {
  HoldCursor cursor;
  const int found =
      std::sscanf(text.c_str(), "since=%ld missing=%ld looked=%ld log=%ld checked=%ld",
                  &cursor.since, &cursor.missing, &cursor.looked, &cursor.log, &cursor.checked);
  return found == 3 || found == 5 ? cursor : HoldCursor{};
}

std::string HoldCursor::print() const {
  return fmt::format("since={} missing={} looked={} log={} checked={}", since, missing, looked, log,
                     checked);
}

bool watches_drift(const plan::Plan& plan, const plan::Hold& hold) {
  return std::ranges::any_of(hold.gates, [&](plan::GateId id) {
    return std::ranges::any_of(plan.at(id).clauses,
                               [](const plan::Clause& clause) { return is_drift(clause.reading); });
  });
}

std::int64_t checked_by_holds(const World& world, plan::StepId followed) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (std::uint32_t i = 0; i < world.plan.steps.size(); ++i) {
    const auto* hold = std::get_if<plan::Hold>(&world.plan.steps[i].action);
    const plan::StepState& state = world.state.steps[i];
    const bool asks = hold != nullptr && world.plan.sees(plan::StepId{i}) &&
                      state.status == plan::StepStatus::Running &&
                      state.direction == plan::Direction::Forward &&
                      watches_drift(world.plan, *hold);
    if (!asks) continue;
    const HoldCursor cursor = HoldCursor::parse(state.cursor);
    least = std::min(least, cursor.log == followed.index ? cursor.checked : 0);
  }
  return least;
}

}  // namespace mig::runtime
