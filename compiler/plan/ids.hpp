// Names of things inside one plan: an index into the plan's list of that kind, and nothing else.
//
// Different kinds do not mix: a DatasetId never finds a store. Values.
#pragma once

#include <compare>
#include <cstdint>

namespace mig::plan {

template <class Kind>
struct Id {
  std::uint32_t index = 0;
  constexpr auto operator<=>(const Id&) const = default;
};

using StoreId = Id<struct StoreKindTag>;
using RouterId = Id<struct RouterTag>;
using ServiceId = Id<struct ServiceTag>;
using EntityId = Id<struct EntityTag>;
using DatasetId = Id<struct DatasetTag>;
using TransformId = Id<struct TransformTag>;
using MetricId = Id<struct MetricTag>;
using GateId = Id<struct GateTag>;
using PhaseId = Id<struct PhaseTag>;
using ResourceId = Id<struct ResourceTag>;
using StepId = Id<struct StepTag>;

}  // namespace mig::plan
