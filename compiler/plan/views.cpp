#include "compiler/plan/views.hpp"

namespace mig::plan {

Views::Views(const Plan& plan) : plan_(&plan) {
  views_.reserve(plan.resources.size());
  for (std::uint32_t i = 0; i < plan.resources.size(); ++i)
    views_.push_back(view_of(plan, ResourceId{i}));
}

const Plan& Views::of(StepId step) const {
  const auto resource = plan_->resource_of(step);
  return resource ? views_.at(resource->index) : *plan_;
}

bool is_own(const Plan& view, StepId step) {
  return view.resource_of(step) == view.seen_by;
}

std::filesystem::path own_path(const Plan& view, const std::filesystem::path& path) {
  if (!view.seen_by) return path;
  const std::string own = "." + view.at(*view.seen_by).name + path.extension().string();
  return path.parent_path() / (path.stem().string() + own);
}

}  // namespace mig::plan
