#include "compiler/plan/plan.hpp"

#include <algorithm>

#include "compiler/plan/overloaded.hpp"

namespace mig::plan {

std::string_view name(const Action& action) {
  return std::visit([](const auto& verb) { return verb.kName; }, action);
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

// Whether this plan itself created or purged every target before `step`: then no older row is
// there.
bool is_emptied_before(const Plan& plan, const Step& step) {
  return std::ranges::all_of(plan.to, [&](DatasetId target) {
    return std::any_of(plan.steps.data(), &step,
                       [&](const Step& earlier) { return empties(earlier.action, target); });
  });
}

}  // namespace

UndoKind undo_of(const Plan& plan, const Step& step) {
  const auto marker = point_of_no_return(plan);
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
          [](const Hold&) { return UndoKind::Nothing; },
          [](const Approve&) { return UndoKind::Nothing; },
          [](const Accept&) { return UndoKind::Nothing; },
          [](const PointOfNoReturn&) { return UndoKind::None; },
      },
      step.action);
}

std::optional<StepId> point_of_no_return(const Plan& plan) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (std::holds_alternative<PointOfNoReturn>(plan.steps[i].action)) return StepId{i};
  }
  return std::nullopt;
}

}  // namespace mig::plan
