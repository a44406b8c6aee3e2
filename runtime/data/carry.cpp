#include "runtime/data/carry.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace mig::runtime {
namespace {

// The transform of a plan without `via`: fields by their names, absent ones by their default.
plan::Transform by_name(const plan::Plan& plan) {
  const plan::Entity& from = plan.entity_of(plan.from);
  plan::Transform transform{.name = "as it is", .input = plan.at(plan.from).entity};
  for (const plan::DatasetId dataset : plan.to) {
    plan::Emit emit{.entity = plan.at(dataset).entity};
    for (const plan::Field& field : plan.entity_of(dataset).fields) {
      const auto same = std::ranges::find(from.fields, field.name, &plan::Field::name);
      if (same != from.fields.end()) {
        const auto index = static_cast<std::uint32_t>(same - from.fields.begin());
        emit.values.push_back({same->type, plan::FieldOf{index}});
      } else {
        emit.values.push_back(
            {field.type, plan::Constant{field.fallback.value_or(plan::Value(plan::Null{}))}});
      }
    }
    transform.emits.push_back(std::move(emit));
  }
  return transform;
}

plan::Transform transform_of(const plan::Plan& plan) {
  return plan.via ? plan.at(*plan.via) : by_name(plan);
}

plan::DatasetId target_of(const plan::Plan& plan, plan::EntityId entity) {
  const auto found = std::ranges::find(
      plan.to, entity, [&](plan::DatasetId dataset) { return plan.at(dataset).entity; });
  assert(found != plan.to.end() && "every emitted entity has its dataset");
  return *found;
}

// How many references lie between an entity and one that refers to nobody; a cycle ends somewhere.
std::size_t depth_of(const plan::Plan& plan, plan::EntityId entity, std::size_t limit) {
  std::size_t depth = 0;
  if (limit == 0) return depth;
  for (const plan::Field& field : plan.at(entity).fields) {
    if (!field.references || field.references->entity == entity) continue;
    depth = std::max(depth, 1 + depth_of(plan, field.references->entity, limit - 1));
  }
  return depth;
}

std::unique_ptr<EntityRules> rules_of(const plan::Entity& entity) {
  return entity.rules.empty() ? nullptr : std::make_unique<EntityRules>(entity);
}

}  // namespace

Carrier::Carrier(const plan::Plan& plan)
    : transform_(transform_of(plan)),
      source_rules_(rules_of(plan.entity_of(plan.from))),
      transformer_(plan, transform_) {
  std::vector<std::size_t> depths;
  for (const plan::Emit& emit : transform_.emits) {
    datasets_.push_back(target_of(plan, emit.entity));
    rules_.push_back(rules_of(plan.at(emit.entity)));
    depths.push_back(depth_of(plan, emit.entity, std::min<std::size_t>(plan.entities.size(), 8)));
  }
  order_.resize(transform_.emits.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::stable_sort(order_, {}, [&](std::size_t emit) { return depths[emit]; });
}

void Carrier::run(const Batch& source) {
  rejects_.clear();
  // First: what the author says of a row explains more than what its transform trips over.
  if (source_rules_ != nullptr) source_rules_->check(source, rejects_);
  transformer_.run(source, emitted_, rejects_);
  check_emitted();
  rejected_.assign(source.rows, false);
  for (const RowReject& reject : rejects_)
    rejected_[reject.row] = true;
}

void Carrier::check_emitted() {
  std::vector<RowReject> broken;
  for (std::size_t i = 0; i < emitted_.size(); ++i) {
    if (rules_[i] == nullptr || emitted_[i].rows.rows == 0) continue;
    broken.clear();
    rules_[i]->check(emitted_[i].rows, broken);
    for (RowReject& reject : broken) {
      reject.row = emitted_[i].source[reject.row];
      rejects_.push_back(std::move(reject));
    }
  }
}

CanonicalForm::CanonicalForm(const plan::Plan& plan, plan::DatasetId dataset) {
  const plan::Entity& entity = plan.entity_of(dataset);
  for (const plan::Canonical& canonical : plan.at(dataset).canonical) {
    forms_.push_back(
        {canonical.field, std::make_unique<Evaluator>(entity, canonical.form,
                                                      entity.fields.at(canonical.field).name)});
  }
}

std::span<const Column> CanonicalForm::of(const Batch& rows) {
  if (forms_.empty()) return rows.columns;
  columns_ = rows.columns;
  std::vector<RowReject> without_form;  // compare as absent on both sides
  for (Form& form : forms_)
    columns_[form.field] = form.evaluator->evaluate(rows, without_form);
  return columns_;
}

}  // namespace mig::runtime
