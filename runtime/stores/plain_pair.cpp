#include "runtime/stores/plain_pair.hpp"

#include <algorithm>

namespace mig::runtime {
namespace {

bool is_same(const PostgresType& one, const PostgresType& other) {
  return one.wire == other.wire && one.modifier == other.modifier;
}

// What stands in a database of another encoding is checked by nobody, or was made into UTF-8.
Result<PlainTuples::Texts> texts_of(const Database& database) {
  MIG_ASSIGN(rows, database.prepare("SHOW server_encoding"));
  MIG_ASSIGN(has_row, rows.step());
  const bool is_checked = has_row && rows.text(0) == "UTF8";
  return is_checked ? PlainTuples::Texts::Checked : PlainTuples::Texts::ToCheck;
}

}  // namespace

Result<std::optional<PlainPair>> PlainPair::of(const Database& source, const Database& target,
                                               const plan::Plan& plan) {
  const plan::DatasetId to = plan.to.front();
  const bool is_unchanged = !plan.via && plan.to.size() == 1 &&
                            plan.at(plan.from).entity == plan.at(to).entity &&
                            plan.entity_of(plan.from).rules.empty();
  if (!is_unchanged || source.dialect() != Dialect::Postgres ||
      target.dialect() != Dialect::Postgres) {
    return std::optional<PlainPair>();
  }
  MIG_ASSIGN(from_shape, PostgresRowsShape::of(source, plan, plan.from));
  MIG_ASSIGN(to_shape, PostgresRowsShape::of(target, plan, to));
  MIG_ASSIGN(texts, texts_of(source));
  auto plain = PlainTuples::of(from_shape.entity, from_shape.types, texts);
  if (!plain || !std::ranges::equal(from_shape.types, to_shape.types, is_same)) {
    return std::optional<PlainPair>();
  }
  return std::optional(PlainPair{std::move(from_shape), std::move(to_shape), std::move(*plain)});
}

bool PlainPair::is_ordered_alike() const {
  return std::ranges::all_of(
      from.entity.key(), [&](std::uint32_t field) { return from.types[field].wire != Wire::Text; });
}

}  // namespace mig::runtime
