#include "runtime/cli/schema_findings.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace mig::cli {
namespace {

// The old side is written, too, once the new one leads.
bool goes_back(const plan::Plan& view) {
  for (std::uint32_t i = 0; i < view.steps.size(); ++i) {
    const auto* writes = std::get_if<plan::RouteWrites>(&view.steps[i].action);
    const bool is_own = writes != nullptr && view.sees(plan::StepId{i});
    if (is_own && writes->to == plan::Side::New && writes->mirror) return true;
  }
  return false;
}

// A column that the plan itself adds may be missing at the start, and one that it does not know may
// be seen to by a statement of its own.
bool is_mended(const plan::Plan& plan, const runtime::SchemaDifference& difference) {
  if (difference.kind == runtime::DifferenceKind::ExtraColumn) {
    return std::ranges::any_of(plan.steps, [](const plan::Step& step) {
      return std::holds_alternative<plan::Sql>(step.action);
    });
  }
  if (difference.kind != runtime::DifferenceKind::MissingColumn || !difference.field) return false;
  return std::ranges::any_of(plan.steps, [&](const plan::Step& step) {
    const auto* add = std::get_if<plan::AddField>(&step.action);
    return add != nullptr && add->dataset == difference.dataset && add->field == *difference.field;
  });
}

}  // namespace

const plan::Plan* view_with(const plan::Views& views, plan::DatasetId id) {
  for (std::size_t i = 0; i < views.size(); ++i) {
    const plan::Plan& view = views.at(i);
    const bool is_new = std::ranges::find(view.to, id) != view.to.end();
    if (view.from == id || is_new) return &view;
  }
  return nullptr;
}

bool is_created_by(const plan::Plan& plan, plan::DatasetId id) {
  return std::ranges::any_of(plan.steps, [&](const plan::Step& step) {
    const auto* create = std::get_if<plan::Create>(&step.action);
    return create != nullptr && std::ranges::find(create->datasets, id) != create->datasets.end();
  });
}

void check_shape(const plan::Views& views, const plan::Plan& plan, plan::DatasetId id,
                 const runtime::LiveSchema& schema, Preflight& into) {
  const plan::Plan* const view = view_with(views, id);
  if (view == nullptr) return;
  const std::string& table = plan.at(id).table;
  if (is_created_by(plan, id)) {
    if (schema.table(table) == nullptr) return;
    into.obstacles.push_back(
        {ExitCode::Refused,
         fmt::format("the table `{}` that the plan creates is there already", table),
         "drop it, or take `create` out of the plan"});
    return;
  }
  const bool is_read = id == view->from && !goes_back(*view);
  const auto role = is_read ? runtime::TableRole::Read : runtime::TableRole::Written;
  for (const auto& difference : runtime::schema_differences(plan, id, schema, role)) {
    if (difference.kind == runtime::DifferenceKind::Trigger) {
      into.other_writers.push_back({id, difference.sentence});
    } else if (difference.is_error && !is_mended(plan, difference)) {
      into.differences.push_back(difference);
    } else {
      into.warnings.push_back(difference.sentence);
    }
  }
}

void check_drops(const plan::Plan& plan, const std::function<bool(plan::StoreId)>& is_here,
                 const runtime::LiveSchema& schema, Preflight& into) {
  for (runtime::DropInUse& drop : runtime::drops_in_use(plan, is_here, schema)) {
    if (!drop.may_be_taken_away) {
      into.drops_in_use.push_back(std::move(drop));
      continue;
    }
    into.warnings.push_back(
        fmt::format("`{}` is dropped, and a statement of the plan has to see to this first: {}",
                    drop.name, fmt::join(drop.users, "; ")));
  }
}

}  // namespace mig::cli
