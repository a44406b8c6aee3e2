// What holds in a plan before and after a part of its text: a step, a phase, a use of a strategy.
//
// Used by hover and by inlay hints. Made once for a snapshot; reads it only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/facts.hpp"
#include "compiler/ordered_view.hpp"
#include "runtime/cli/lsp/snapshot.hpp"

namespace mig::cli::lsp {

// In sentences, and in the few words that stand behind a line.
struct FactsAround {
  std::string before;
  std::string after;
  std::string after_in_short;
};

class PlanFacts {
 public:
  // `snapshot` outlives it.
  explicit PlanFacts(const Snapshot& snapshot);

  // Of the steps that are written in that part of the root file, or that a strategy used there
  // stands for. Nothing where there are none, or where the plan cannot be read.
  std::optional<FactsAround> around(const syntax::Span& part) const;

 private:
  // A plan, or a resource of it.
  struct View {
    const compiler::DraftPlan* draft;
    plan::Plan seen;
    compiler::OrderedView ordered;

    View(const compiler::DraftPlan& of, plan::Plan view)
        : draft(&of), seen(std::move(view)), ordered(seen, of.step_spans) {}
    View(const View&) = delete;
    View& operator=(const View&) = delete;
  };

  const Snapshot& snapshot_;
  std::vector<std::unique_ptr<View>> views_;
};

}  // namespace mig::cli::lsp
