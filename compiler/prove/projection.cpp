#include "compiler/prove/projection.hpp"

#include <algorithm>
#include <optional>

namespace mig::compiler::prove {
namespace {

using plan::StepId;

// What a step needs, where the steps of others are looked through to what those need.
void add_needs(const plan::Plan& view, StepId step, const std::vector<std::optional<StepId>>& kept,
               std::vector<bool>& seen, std::vector<StepId>& needs) {
  for (const StepId need : view.at(step).needs) {
    if (seen[need.index]) continue;
    seen[need.index] = true;
    if (kept[need.index]) {
      needs.push_back(*kept[need.index]);
    } else {
      add_needs(view, need, kept, seen, needs);
    }
  }
}

}  // namespace

Projection project(const plan::Plan& view) {
  Projection projection{view, {}};
  plan::Plan& own = projection.plan;
  own.steps.clear();
  own.resources.clear();
  own.seen_by.reset();
  for (plan::Phase& phase : own.phases) {
    phase.steps.clear();
    phase.resource.reset();
  }
  std::vector<std::optional<StepId>> kept(view.steps.size());
  for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
    if (!view.sees(StepId{i})) continue;
    const StepId id{static_cast<std::uint32_t>(own.steps.size())};
    plan::Step step = view.steps[i];
    std::vector<bool> seen(view.steps.size());
    step.needs.clear();
    add_needs(view, StepId{i}, kept, seen, step.needs);
    std::ranges::sort(step.needs);
    kept[i] = id;
    own.phases[step.phase.index].steps.push_back(id);
    own.steps.push_back(std::move(step));
    projection.origin.push_back(StepId{i});
  }
  return projection;
}

}  // namespace mig::compiler::prove
