#include "runtime/cli/lsp/plan_facts.hpp"

#include <algorithm>

#include "runtime/cli/fact_words.hpp"

namespace mig::cli::lsp {
namespace {

using compiler::Facts;

bool holds(const syntax::Span& outer, const syntax::Span& inner) {
  return outer.file == inner.file && outer.begin <= inner.begin && inner.end <= outer.end;
}

}  // namespace

PlanFacts::PlanFacts(const Snapshot& snapshot) : snapshot_(snapshot) {
  for (const compiler::DraftPlan& draft : snapshot.insight().plans) {
    if (draft.plan.resources.empty()) {
      views_.push_back(std::make_unique<View>(draft, draft.plan));
      continue;
    }
    for (std::uint32_t i = 0; i < draft.plan.resources.size(); ++i)
      views_.push_back(std::make_unique<View>(draft, view_of(draft.plan, plan::ResourceId{i})));
  }
}

std::optional<FactsAround> PlanFacts::around(const syntax::Span& part) const {
  for (const auto& view : views_) {
    const compiler::OrderedView& ordered = view->ordered;
    std::vector<plan::StepId> inside;
    for (std::uint32_t i = 0; i < ordered.plan().steps.size(); ++i) {
      const bool is_seen = view->draft->plan.resources.empty() ||
                           view->seen.resource_of(ordered.projection.origin[i]).has_value();
      const auto written = snapshot_.sources().written_at(ordered.span(plan::StepId{i}));
      if (is_seen && holds(part, written)) inside.push_back(plan::StepId{i});
    }
    if (inside.empty()) continue;
    const Facts& before = ordered.facts.before.at(inside.front().index);
    const Facts& after = ordered.facts.after.at(inside.back().index);
    return FactsAround{sentences(ordered.plan(), before), sentences(ordered.plan(), after),
                       in_short(after)};
  }
  return std::nullopt;
}

}  // namespace mig::cli::lsp
