#include "runtime/stores/drop_check.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

void take_away(LiveSchema& schema, std::string_view table) {
  std::erase_if(schema.tables, [&](const LiveTable& one) { return is_same_name(one.name, table); });
  std::erase_if(schema.triggers,
                [&](const LiveTrigger& one) { return is_same_name(one.table, table); });
}

}  // namespace

std::vector<DropInUse> users_of(const plan::Plan& plan, const std::vector<plan::DatasetId>& dropped,
                                LiveSchema schema) {
  for (const plan::DatasetId dataset : dropped)
    take_away(schema, plan.at(dataset).table);
  std::vector<DropInUse> found;
  for (const plan::DatasetId dataset : dropped) {
    const std::string& table = plan.at(dataset).table;
    auto users = dependents(schema, table);
    if (!users.empty()) found.push_back({dataset, table, std::move(users)});
  }
  return found;
}

std::vector<DropInUse> drops_in_use(const plan::Plan& plan,
                                    const std::function<bool(plan::StoreId)>& is_here,
                                    const LiveSchema& schema) {
  std::vector<DropInUse> found;
  LiveSchema then = schema;  // as it will be when the step is reached
  bool is_changed = false;
  for (const plan::Step& step : plan.steps) {
    if (const auto* sql = std::get_if<plan::Sql>(&step.action)) {
      is_changed |= is_here(sql->store);
    }
    std::vector<DropInUse> some;
    if (const auto* drop = std::get_if<plan::Drop>(&step.action)) {
      std::vector<plan::DatasetId> here;
      for (const plan::DatasetId dataset : drop->datasets) {
        if (is_here(plan.at(dataset).store)) here.push_back(dataset);
      }
      some = users_of(plan, here, then);
      for (const plan::DatasetId dataset : here)
        take_away(then, plan.at(dataset).table);
    }
    if (const auto* drop = std::get_if<plan::DropField>(&step.action);
        drop != nullptr && is_here(plan.at(drop->dataset).store)) {
      const std::string& table = plan.at(drop->dataset).table;
      const std::string& column = plan.entity_of(drop->dataset).fields.at(drop->field).column;
      auto users = dependents(then, table, column);
      if (!users.empty()) {
        some.push_back({drop->dataset, fmt::format("{}.{}", table, column), std::move(users)});
      }
    }
    for (DropInUse& one : some) {
      one.may_be_taken_away = is_changed;
      found.push_back(std::move(one));
    }
  }
  return found;
}

}  // namespace mig::runtime
