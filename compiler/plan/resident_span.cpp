#include "compiler/plan/resident_span.hpp"

#include <fmt/format.h>

#include "compiler/plan/routing.hpp"

namespace mig::plan {

std::optional<ResidentSpan> resident_span(const Plan& plan) {
  std::optional<ResidentSpan> span;
  WritesState writes;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const StepId id{i};
    if (!plan.sees(id)) continue;
    const bool followed = writes.follows();
    if (std::holds_alternative<RouteWrites>(plan.at(id).action))
      writes = after_writes(plan, id, writes);
    if (!span && writes.follows()) span = ResidentSpan{id, id};
    if (span && (followed || writes.follows())) span->ends = id;
  }
  return span;
}

std::string print(const Plan& plan, const ResidentSpan& span) {
  const auto phase = [&](StepId id) -> const std::string& {
    return plan.at(plan.at(id).phase).name;
  };
  return fmt::format("a resident is needed from {} to {}", phase(span.begins), phase(span.ends));
}

}  // namespace mig::plan
