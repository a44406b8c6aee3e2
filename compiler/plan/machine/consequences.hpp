// What a failure leads to, as the records that say so.
//
// Used by the executor, which writes them in one transaction, and by the prover, which tries them
// all. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/machine/record.hpp"

namespace mig::plan {

struct Failure {
  StepId step;
  Trouble trouble;
  std::string message;
  bool absence_pauses = false;
};
// The failure and what it leads to: no crash falls between them.
std::vector<Record> records_of(const Plan& plan, const RunState& state, const Failure& failure,
                               Micros now);

// That resource alone goes back, or everything.
Record start_of_way_back(std::optional<ResourceId> alone, const std::string& why);
// Nothing of the resource is left to undo. Where no other one has moved, the plan as a whole goes
// back.
std::vector<Record> end_of_way_back(const RunState& state, ResourceId resource);

}  // namespace mig::plan
