#include "runtime/inverse/one_row.hpp"

#include <algorithm>
#include <cassert>

#include "compiler/plan/lane.hpp"

namespace mig::runtime {
namespace {

Row key_of(const plan::Entity& entity, const Row& row) {
  Row key;
  for (const std::uint32_t field : entity.key())
    key.push_back(row[field]);
  return key;
}

// In the order of their keys, as a store would read them.
std::vector<Row> rows_of(const plan::Entity& entity, plan::EntityId id,
                         const std::vector<RowOf>& companions) {
  std::vector<Row> rows;
  for (const RowOf& one : companions) {
    if (one.entity == id) rows.push_back(one.row);
  }
  std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
    return comes_before(key_of(entity, a), key_of(entity, b));
  });
  return rows;
}

Row input_of(const plan::Plan& plan, const plan::Transform& transform, const Row& driver,
             const std::vector<RowOf>& companions) {
  Row input = driver;
  for (const plan::Companion& companion : transform.companions) {
    const plan::Entity& entity = plan.at(companion.entity);
    const auto rows = rows_of(entity, companion.entity, companions);
    assert(companion.is_list || rows.size() <= 1);
    if (!companion.is_list) input.emplace_back(std::int64_t{rows.empty() ? 0 : 1});
    for (std::size_t field = 0; field < entity.fields.size(); ++field) {
      std::vector<FieldValue> values;
      values.reserve(rows.size());
      for (const Row& row : rows)
        values.push_back(row[field]);
      if (companion.is_list) {
        input.emplace_back(std::move(values));
      } else {
        input.push_back(values.empty() ? FieldValue() : values.front());
      }
    }
  }
  return input;
}

}  // namespace

OneRow transform_row(const plan::Plan& plan, const plan::Transform& transform, const Row& driver,
                     const std::vector<RowOf>& companions) {
  OneRow result;
  const plan::Entity input = plan::input_row(plan, transform);
  const Batch batch = batch_of(input, {input_of(plan, transform, driver, companions)});
  EntityRules(input).check(batch, result.rejects);
  std::vector<Emitted> emitted;
  Transformer(plan, transform).run(batch, emitted, result.rejects);
  for (const Emitted& one : emitted) {
    if (one.rows.rows > 0) EntityRules(plan.at(one.entity)).check(one.rows, result.rejects);
    for (std::size_t row = 0; row < one.rows.rows; ++row)
      result.made.push_back({one.entity, row_at(one.rows.columns, row)});
  }
  if (!result.rejects.empty()) result.made.clear();
  return result;
}

std::optional<FieldValue> constant_value(const plan::Entity& entity, const plan::Field& field,
                                         const plan::Expr& value, std::vector<RowReject>& rejects) {
  const plan::Entity without_fields{.name = entity.name};
  Batch no_fields;
  no_fields.rows = 1;
  const std::size_t before = rejects.size();
  const Column column = Evaluator(without_fields, value, field.name).evaluate(no_fields, rejects);
  if (rejects.size() > before) return std::nullopt;
  return value_at(column, 0);
}

}  // namespace mig::runtime
