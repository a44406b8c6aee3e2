// Gates: what must hold, checked where they are declared, in a file or in a plan.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/analysis.hpp"

namespace mig::compiler {

// What `old`, `new` and arms mean inside a plan; a gate of a file has none of them.
struct PlanNames {
  std::optional<plan::DatasetId> old_side;
  std::optional<plan::DatasetId> new_side;
  bool has_router = false;
  bool has_sides = true;           // false beside the resources of a plan
  std::vector<std::string> parts;  // names of the plan's resources and features, by their position
  std::vector<syntax::Span> part_spans;  // where they are declared
};

// The gate, or nothing after a report.
std::optional<plan::Gate> check_gate(Analysis& analysis, const Declaration& declaration,
                                     const PlanNames* names);

}  // namespace mig::compiler
