// A view of a plan with what the checks of its order ask: its own steps, what holds before each of
// them, and where each is written.
//
// Made once for a view, which outlives it; immutable.
#pragma once

#include <vector>

#include "compiler/facts.hpp"
#include "compiler/prove/projection.hpp"
#include "grammar/source.hpp"

namespace mig::compiler {

struct OrderedView {
  // `seen` is a plan without resources, or a view of one; `spans` are those of the whole plan.
  OrderedView(const plan::Plan& seen, const std::vector<syntax::Span>& spans)
      : view(seen),
        step_spans(spans),
        projection(prove::project(seen)),
        facts(facts_of(projection.plan)) {}

  const plan::Plan& plan() const { return projection.plan; }
  syntax::Span span(plan::StepId step) const {
    return step_spans.at(projection.origin.at(step.index).index);
  }

  const plan::Plan& view;
  const std::vector<syntax::Span>& step_spans;
  prove::Projection projection;
  FactTable facts;
};

}  // namespace mig::compiler
