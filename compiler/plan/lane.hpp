// One direction between the two sides of a plan: which rows are read, what they become, and where.
//
// Forward the transform is that of `via`, on the way back that of `back`; a plan without `via`
// carries fields over by their names both ways. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

struct Lane {
  Side authority = Side::Old;         // the side that is read: Old or New
  DatasetId source;                   // of the rows that drive the transform
  std::vector<DatasetId> companions;  // one a companion of the transform
  Transform transform;
  std::vector<DatasetId> targets;  // one an emit
};

// A plan without an inverse has none for Side::New: ask `leads_back` first.
Lane lane(const Plan& plan, Side authority);
bool leads_back(const Plan& plan);

// What goes into a transform, as one row: the fields of the row that drives it, then, for each
// companion, whether it is there and its fields, which may be absent; or, for a list, a list of
// each field. Its rules are those of the driving row.
Entity input_row(const Plan& plan, const Transform& transform);
// How many fields of that row a companion has.
std::uint32_t input_width(const Plan& plan, const Companion& companion);

}  // namespace mig::plan
