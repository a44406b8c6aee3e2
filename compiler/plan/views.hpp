// The views of a plan: how each of its resources sees it.
//
// Used by whoever works on one resource at a time: the executor, the preview, comparisons. Made
// once for a plan, which outlives it; immutable, safe to share between threads.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

class Views {
 public:
  explicit Views(const Plan& plan);

  // One for each resource, in the plan's order. A plan without any is its own only view.
  std::size_t size() const { return views_.empty() ? 1 : views_.size(); }
  const Plan& at(std::size_t resource) const {
    return views_.empty() ? *plan_ : views_.at(resource);
  }
  // That of the step's resource; the plan itself for a step beside resources.
  const Plan& of(StepId step) const;

 private:
  const Plan* plan_;
  std::vector<Plan> views_;
};

// Whether a step is judged with this view: of a resource the steps that are its own, of the plan
// itself those that belong to none.
bool is_own(const Plan& view, StepId step);

// A file of a view, where each resource needs its own: of `sessions`, `routes.json` is
// `routes.sessions.json`.
std::filesystem::path own_path(const Plan& view, const std::filesystem::path& path);

}  // namespace mig::plan
