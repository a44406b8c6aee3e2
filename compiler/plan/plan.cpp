#include "compiler/plan/plan.hpp"

#include <algorithm>

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {

std::string_view name(const Action& action) {
  return std::visit([](const auto& verb) { return verb.kName; }, action);
}

std::vector<std::uint32_t> merged_in(const std::vector<MergedField>& merged, DatasetId dataset) {
  std::vector<std::uint32_t> fields;
  for (const MergedField& one : merged) {
    if (one.dataset == dataset) fields.push_back(one.field);
  }
  return fields;
}

std::vector<DatasetId> datasets_of(const Action& action) {
  return std::visit(
      [](const auto& verb) -> std::vector<DatasetId> {
        if constexpr (requires { verb.datasets; }) return verb.datasets;
        if constexpr (requires { verb.dataset; }) return {verb.dataset};
        return {};
      },
      action);
}

namespace {

bool empties(const Action& action, DatasetId dataset) {
  const auto holds = [&](const std::vector<DatasetId>& datasets) {
    return std::ranges::find(datasets, dataset) != datasets.end();
  };
  if (const auto* create = std::get_if<Create>(&action)) return holds(create->datasets);
  if (const auto* purge = std::get_if<Purge>(&action)) return holds(purge->datasets);
  return false;
}

const Sides& sides_of(const Plan& plan, const Step& step) {
  const auto resource = plan.at(step.phase).resource;
  return resource ? static_cast<const Sides&>(plan.at(*resource)) : plan;
}

// Whether this plan itself created or purged every target before `step`: then no older row is
// there.
bool is_emptied_before(const Plan& plan, const Step& step) {
  return std::ranges::all_of(sides_of(plan, step).to, [&](DatasetId target) {
    return std::any_of(plan.steps.data(), &step,
                       [&](const Step& earlier) { return empties(earlier.action, target); });
  });
}

}  // namespace

UndoKind undo_of(const Plan& plan, const Step& step) {
  const auto marker = point_of_no_return(plan, plan.at(step.phase).resource);
  const bool is_behind_marker = marker && &step > &plan.at(*marker);
  return std::visit(
      Overloaded{
          [](const Create&) { return UndoKind::Inverse; },
          [](const AddField&) { return UndoKind::Inverse; },
          [](const AddIndex&) { return UndoKind::Inverse; },
          [](const DropField&) { return UndoKind::None; },
          [](const Drop&) { return UndoKind::None; },
          [](const Purge&) { return UndoKind::Inverse; },
          [](const Backup&) { return UndoKind::Nothing; },
          [](const Sql& sql) { return sql.undo.empty() ? UndoKind::None : UndoKind::Inverse; },
          [&](const Copy& copy) {
            const bool overwrites =
                copy.on_conflict != OnConflict::Keep && !is_emptied_before(plan, step);
            return overwrites ? UndoKind::None : UndoKind::Nothing;
          },
          [](const Verify&) { return UndoKind::Nothing; },
          // Once the new side alone takes writes, the old one misses what clients were told is
          // safe.
          [&](const RouteWrites& writes) {
            const bool leaves_old_behind = writes.to == Side::New && !writes.mirror;
            return leaves_old_behind || is_behind_marker ? UndoKind::None : UndoKind::Inverse;
          },
          [](const RouteReads&) { return UndoKind::Inverse; },
          [](const Rehearse&) { return UndoKind::Nothing; },  // it ends where it began
          [](const Hold&) { return UndoKind::Nothing; },
          [](const Approve&) { return UndoKind::Nothing; },
          [](const Accept&) { return UndoKind::Nothing; },
          [](const Leave&) { return UndoKind::Nothing; },
          [](const Shadow&) { return UndoKind::Inverse; },
          [](const Parity&) { return UndoKind::Nothing; },
          [](const Freeze&) { return UndoKind::Inverse; },
          [](const Capture&) { return UndoKind::Nothing; },
          [](const PointOfNoReturn&) { return UndoKind::None; },
      },
      step.action);
}

std::string print_old(const Plan& plan, const Sides& sides) {
  return sides.old_service ? plan.at(*sides.old_service).name : plan.at(sides.from).name;
}

std::string print_new(const Plan& plan, const Sides& sides) {
  if (sides.new_service) return plan.at(*sides.new_service).name;
  std::string names;
  for (const DatasetId id : sides.to)
    names += (names.empty() ? "" : ", ") + plan.at(id).name;
  return names;
}

const Sides& sides_with(const Plan& plan, DatasetId dataset) {
  for (const Resource& resource : plan.resources) {
    const bool is_target = std::ranges::find(resource.to, dataset) != resource.to.end();
    const bool is_source = !resource.are_services() && resource.from == dataset;
    if (is_source || is_target) return resource;
  }
  return plan;
}

bool may_go_back_alone(const Plan& plan, ResourceId resource) {
  return std::ranges::any_of(plan.steps, [&](const Step& step) {
    return step.on_fail.then == Finally::AllowPartial && plan.at(step.phase).resource == resource;
  });
}

Plan view_of(const Plan& plan, ResourceId resource) {
  Plan view = plan;
  static_cast<Sides&>(view) = plan.at(resource);
  view.seen_by = resource;
  return view;
}

std::optional<StepId> point_of_no_return(const Plan& plan, std::optional<ResourceId> resource) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const bool is_marker = std::holds_alternative<PointOfNoReturn>(plan.steps[i].action);
    if (is_marker && plan.resource_of(StepId{i}) == resource) return StepId{i};
  }
  return std::nullopt;
}

std::optional<StepId> point_of_no_return(const Plan& plan) {
  return point_of_no_return(plan, plan.seen_by);
}

std::vector<bool> steps_behind(const Plan& plan, StepId marker) {
  std::vector<bool> behind(plan.steps.size());
  for (std::uint32_t i = marker.index + 1; i < plan.steps.size(); ++i) {
    behind[i] = std::ranges::any_of(
        plan.steps[i].needs, [&](StepId need) { return need == marker || behind[need.index]; });
  }
  return behind;
}

}  // namespace mig::plan
