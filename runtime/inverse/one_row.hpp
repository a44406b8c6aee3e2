// One row through a transform, with the rows beside it: what comes out, or why it is rejected.
//
// For tests of transforms; the rules of both sides count, as in a copy. No store. One thread.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/transform.hpp"
#include "runtime/inverse/row.hpp"

namespace mig::runtime {

struct RowOf {
  plan::EntityId entity;
  Row row;
};

struct OneRow {
  std::vector<RowOf> made;  // in the order of the emits; empty where the row is rejected
  std::vector<RowReject> rejects;
};

// `companions`: rows of the transform's companions, in any order. REQUIRES: of one that is no list
// at most one.
OneRow transform_row(const plan::Plan& plan, const plan::Transform& transform, const Row& driver,
                     const std::vector<RowOf>& companions);

// A value that needs no row; nothing where it cannot be computed, and then `rejects` says why.
std::optional<FieldValue> constant_value(const plan::Entity& entity, const plan::Field& field,
                                         const plan::Expr& value, std::vector<RowReject>& rejects);

}  // namespace mig::runtime
