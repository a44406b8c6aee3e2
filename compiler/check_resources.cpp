#include "compiler/check_resources.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/phrase.hpp"
#include "compiler/told_run.hpp"

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
        auto report =
            diagnostics_.report(names_[id.index], diag::ChangedTwice,
                                fmt::format("`{}` belongs to two features", print(request)));
        report
            .label(names_[other], fmt::format("`{}` moves it as well", plan_.resources[other].name))
            .help("each request belongs to one feature");
        tell_twice(report, ResourceId{other}, id, print(request));
        return;
      }
    }
    for (const DatasetId dataset : datasets_of(plan_.at(id))) {
      for (std::uint32_t other = 0; other < id.index; ++other) {
        if (!shared(plan_.resources[other], dataset)) continue;
        auto report = diagnostics_.report(
            names_[id.index], diag::ChangedTwice,
            fmt::format("`{}` belongs to two resources", plan_.at(dataset).name));
        report
            .label(names_[other], fmt::format("`{}` moves it as well", plan_.resources[other].name))
            .help("put what has to move together into one resource");
        tell_twice(report, ResourceId{other}, id, plan_.at(dataset).name);
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
        const auto partial = partials(resource);
        if (!shared(plan_.at(resource), dataset) || partial.empty() || id < partial.front())
          continue;
        auto report =
            diagnostics_.report(steps_[id.index], diag::MayBeSkipped, plan_.at(dataset).name);
        report
            .label(steps_[partial.front().index],
                   fmt::format("where this fails, `{}` goes back alone and the plan goes on",
                               plan_.at(resource).name))
            .help(fmt::format("put it into the resource `{}`", plan_.at(resource).name))
            .help("or let a failure take everything back: `on_fail rollback`");
        tell_skipped(report, resource, id, dataset);
        return;
      }
    }
  }

  const std::string& phase_of(plan::StepId id) const { return plan_.at(plan_.at(id).phase).name; }

  // The resource fails as late as it may, goes back alone, and `id` meets what that has left.
  void tell_skipped(Report report, ResourceId resource, plan::StepId id, DatasetId dataset) const {
    const auto partial = partials(resource).back();
    ToldRun run;
    std::vector<plan::StepId> done;
    for (std::uint32_t i = 0; i < partial.index; ++i) {
      const plan::StepId before{i};
      if (plan_.resource_of(before) != resource ||
          plan::undo_of(plan_, plan_.at(before)) != plan::UndoKind::Inverse)
        continue;
      done.push_back(before);
      run.mig(phase_of(before), plan::phrase(plan_, before), steps_[i]);
    }
    run.mig(phase_of(partial), plan::phrase(plan_, partial) + ": fails", steps_[partial.index]);
    bool is_taken_back = false;
    for (auto step = done.rbegin(); step != done.rend(); ++step) {
      run.undo(phase_of(*step), plan::phrase(plan_, *step), steps_[step->index]);
      const auto* create = std::get_if<plan::Create>(&plan_.at(*step).action);
      is_taken_back =
          is_taken_back || (create != nullptr && std::ranges::count(create->datasets, dataset) > 0);
    }
    run.mig(phase_of(id), plan::phrase(plan_, id), steps_[id.index]);
    run.tell(report, is_taken_back ? fmt::format("`{}` is not there at {}", plan_.at(dataset).name,
                                                 run.last())
                                   : fmt::format("`{}` at {} is what it was before the plan",
                                                 plan_.at(dataset).name, run.last()));
  }

  // Two resources move one thing: the way back of one takes the other's rows.
  void tell_twice(Report report, ResourceId first, ResourceId second, const std::string& what) {
    ToldRun run;
    run.mig(plan_.at(first).name, fmt::format("moves `{}`", what), names_[first.index])
        .mig(plan_.at(second).name, fmt::format("moves `{}`", what), names_[second.index])
        .other("fault", fmt::format("`{}` fails", plan_.at(first).name))
        .undo(plan_.at(first).name, fmt::format("`{}` as it was before", what),
              names_[first.index]);
    run.tell(report, fmt::format("what `{}` did to `{}` is undone at 4, and it goes on as if it "
                                 "were there",
                                 plan_.at(second).name, what));
  }

  // Where a failure takes that resource back alone.
  std::vector<plan::StepId> partials(ResourceId resource) const {
    std::vector<plan::StepId> found;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const bool may_stay_out = plan_.steps[i].on_fail.then == plan::Finally::AllowPartial;
      if (may_stay_out && plan_.resource_of(plan::StepId{i}) == resource) found.push_back({i});
    }
    return found;
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
