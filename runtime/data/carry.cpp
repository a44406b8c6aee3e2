#include "runtime/data/carry.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace mig::runtime {
namespace {

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

Carrier::Carrier(const plan::Plan& plan, plan::Side authority)
    : lane_(plan::lane(plan, authority)),
      source_rules_(rules_of(plan::input_row(plan, lane_.transform))),
      transformer_(plan, lane_.transform) {
  std::vector<std::size_t> depths;
  for (const plan::Emit& emit : lane_.transform.emits) {
    rules_.push_back(rules_of(plan.at(emit.entity)));
    depths.push_back(depth_of(plan, emit.entity, std::min<std::size_t>(plan.entities.size(), 8)));
  }
  order_.resize(lane_.transform.emits.size());
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
