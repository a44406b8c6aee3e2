#include "compiler/plan/lane.hpp"

#include <algorithm>
#include <cassert>

namespace mig::plan {
namespace {

// Fields by their names, absent ones by their default.
Transform by_name(const Plan& plan, DatasetId source, const std::vector<DatasetId>& targets) {
  const Entity& from = plan.entity_of(source);
  Transform transform{.name = "as it is", .input = plan.at(source).entity};
  for (const DatasetId dataset : targets) {
    Emit emit{.entity = plan.at(dataset).entity};
    for (const Field& field : plan.entity_of(dataset).fields) {
      const auto same = std::ranges::find(from.fields, field.name, &Field::name);
      if (same != from.fields.end()) {
        const auto index = static_cast<std::uint32_t>(same - from.fields.begin());
        emit.values.push_back({same->type, FieldOf{index}});
      } else {
        emit.values.push_back({field.type, Constant{field.fallback.value_or(Value(Null{}))}});
      }
    }
    transform.emits.push_back(std::move(emit));
  }
  return transform;
}

DatasetId holder_of(const Plan& plan, const std::vector<DatasetId>& datasets, EntityId entity) {
  const auto found = std::ranges::find(datasets, entity,
                                       [&](DatasetId dataset) { return plan.at(dataset).entity; });
  assert(found != datasets.end() && "the compiler looked for a dataset of every entity");
  return *found;
}

}  // namespace

bool leads_back(const Plan& plan) {
  return plan.back || !plan.via;
}

Lane lane(const Plan& plan, Side authority) {
  assert(authority != Side::None);
  assert(authority == Side::Old || leads_back(plan));
  const bool is_forward = authority == Side::Old;
  const std::vector<DatasetId> old_side{plan.from};
  const std::vector<DatasetId>& sources = is_forward ? old_side : plan.to;
  const std::vector<DatasetId>& targets = is_forward ? plan.to : old_side;
  const auto& written = is_forward ? plan.via : plan.back;
  Lane lane{.authority = authority};
  lane.transform = written ? plan.at(*written) : by_name(plan, sources.front(), targets);
  lane.source = holder_of(plan, sources, lane.transform.input);
  for (const Companion& companion : lane.transform.companions)
    lane.companions.push_back(holder_of(plan, sources, companion.entity));
  for (const Emit& emit : lane.transform.emits)
    lane.targets.push_back(holder_of(plan, targets, emit.entity));
  return lane;
}

Entity input_row(const Plan& plan, const Transform& transform) {
  Entity row = plan.at(transform.input);
  for (const Companion& companion : transform.companions) {
    const Entity& entity = plan.at(companion.entity);
    if (!companion.is_list) {
      row.fields.push_back({.name = entity.name, .type = Type::of(Base::Bool)});
    }
    for (const Field& field : entity.fields) {
      row.fields.push_back(
          {.name = entity.name + "." + field.name,
           .type = companion.is_list ? Type::list(field.type) : field.type.as_optional()});
    }
  }
  return row;
}

std::uint32_t input_width(const Plan& plan, const Companion& companion) {
  const auto fields = static_cast<std::uint32_t>(plan.at(companion.entity).fields.size());
  return companion.is_list ? fields : fields + 1;
}

}  // namespace mig::plan
