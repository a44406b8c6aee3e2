#include "compiler/check_resources.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace mig::compiler {
namespace {

using plan::DatasetId;
using plan::ResourceId;

class ResourcesChecker {
 public:
  ResourcesChecker(const plan::Plan& plan, const std::vector<syntax::Span>& names,
                   const std::vector<syntax::Span>& steps, Diagnostics& diagnostics)
      : plan_(plan), names_(names), steps_(steps), diagnostics_(diagnostics) {
    assert(names.size() == plan.resources.size());
    assert(steps.size() == plan.steps.size());
  }

  void check() {
    for (std::uint32_t i = 0; i < plan_.resources.size(); ++i)
      check_own(ResourceId{i});
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i)
      check_step(plan::StepId{i});
  }

 private:
  static std::vector<DatasetId> datasets_of(const plan::Sides& sides) {
    if (sides.are_services()) return {};
    std::vector<DatasetId> datasets = sides.to;
    datasets.push_back(sides.from);
    return datasets;
  }

  // Two datasets may stand on one table, and then one moves what the other does.
  bool is_one_table(DatasetId left, DatasetId right) const {
    return plan_.at(left).store == plan_.at(right).store &&
           plan_.at(left).place() == plan_.at(right).place();
  }

  std::optional<DatasetId> shared(const plan::Sides& sides, DatasetId dataset) const {
    const auto datasets = datasets_of(sides);
    const auto found = std::ranges::find_if(
        datasets, [&](DatasetId other) { return is_one_table(dataset, other); });
    return found == datasets.end() ? std::nullopt : std::optional(*found);
  }

  // M4020: the first table that an earlier resource moves as well.
  void check_own(ResourceId id) {
    for (const plan::RequestRoute& request : plan_.at(id).requests) {
      for (std::uint32_t other = 0; other < id.index; ++other) {
        const auto& others = plan_.resources[other].requests;
        if (std::ranges::find(others, request) == others.end()) continue;
        diagnostics_
            .report(names_[id.index], diag::ChangedTwice,
                    fmt::format("`{}` belongs to two features", print(request)))
            .label(names_[other], fmt::format("`{}` moves it as well", plan_.resources[other].name))
            .help("each request belongs to one feature");
        return;
      }
    }
    for (const DatasetId dataset : datasets_of(plan_.at(id))) {
      for (std::uint32_t other = 0; other < id.index; ++other) {
        if (!shared(plan_.resources[other], dataset)) continue;
        diagnostics_
            .report(names_[id.index], diag::ChangedTwice,
                    fmt::format("`{}` belongs to two resources", plan_.at(dataset).name))
            .label(names_[other], fmt::format("`{}` moves it as well", plan_.resources[other].name))
            .help("put what has to move together into one resource");
        return;
      }
    }
  }

  // M4015: a step beside the resources that touches what one of them moves. Above the resources
  // nothing was left out yet; below, a resource may be back where it was.
  void check_step(plan::StepId id) {
    if (plan_.resource_of(id)) return;
    for (const DatasetId dataset : plan::datasets_of(plan_.at(id).action)) {
      for (std::uint32_t i = 0; i < plan_.resources.size(); ++i) {
        const ResourceId resource{i};
        const auto partial = first_partial(resource);
        if (!shared(plan_.at(resource), dataset) || !partial || id < *partial) continue;
        diagnostics_.report(steps_[id.index], diag::MayBeSkipped, plan_.at(dataset).name)
            .label(steps_[partial->index],
                   fmt::format("where this fails, `{}` goes back alone and the plan goes on",
                               plan_.at(resource).name))
            .help(fmt::format("put it into the resource `{}`", plan_.at(resource).name))
            .help("or let a failure take everything back: `on_fail rollback`");
        return;
      }
    }
  }

  std::optional<plan::StepId> first_partial(ResourceId resource) const {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const bool may_stay_out = plan_.steps[i].on_fail.then == plan::Finally::AllowPartial;
      if (may_stay_out && plan_.resource_of(plan::StepId{i}) == resource) return plan::StepId{i};
    }
    return std::nullopt;
  }

  const plan::Plan& plan_;
  const std::vector<syntax::Span>& names_;
  const std::vector<syntax::Span>& steps_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_resources(const plan::Plan& plan, const std::vector<syntax::Span>& names,
                     const std::vector<syntax::Span>& steps, Diagnostics& diagnostics) {
  ResourcesChecker(plan, names, steps, diagnostics).check();
}

}  // namespace mig::compiler
