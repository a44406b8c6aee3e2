#include "compiler/check_mirrors.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/sql_lane.hpp"
#include "compiler/plan/views.hpp"

namespace mig::compiler {
namespace {

// Why not, or nothing.
std::string flaw_of(const plan::Plan& plan, plan::Side authority) {
  const plan::Dataset& from = plan.at(plan.from);
  const plan::Store& store = plan.at(from.store);
  if (!can(store.kind, plan::StoreAbility::Guard))
    return fmt::format("`{}` is a `{}` store, which has no triggers", store.name, name(store.kind));
  const auto apart = std::ranges::find_if(
      plan.to, [&](plan::DatasetId dataset) { return plan.at(dataset).store != from.store; });
  if (apart != plan.to.end()) {
    const plan::Dataset& other = plan.at(*apart);
    return fmt::format("`{}` stands in the store `{}`, `{}` in `{}`", from.name,
                       plan.at(from.store).name, other.name, plan.at(other.store).name);
  }
  const auto lane = plan::lane(plan, authority);
  const auto sql = plan::sql_lane(plan, lane);
  if (sql) return {};
  const bool has_name = authority == plan::Side::Old ? plan.via.has_value() : plan.back.has_value();
  return fmt::format("{} {}, which has no exact form in SQL",
                     has_name ? fmt::format("`{}` needs", lane.transform.name) : "a row holds",
                     sql.error().what);
}

}  // namespace

void check_mirrors(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                   Diagnostics& diagnostics) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* writes = std::get_if<plan::RouteWrites>(&plan.steps[i].action);
    const bool is_mirrored = writes != nullptr && writes->mirror == plan::WriteMode::Transaction;
    if (!is_mirrored || !is_own(plan, plan::StepId{i})) continue;
    const std::string flaw = flaw_of(plan, writes->to);
    if (flaw.empty()) continue;
    diagnostics.report(spans[i], diag::NoMirror, flaw).help("use `mode = follow`");
    return;
  }
}

}  // namespace mig::compiler
