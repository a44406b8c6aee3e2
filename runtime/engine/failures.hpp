// What a failure leads to, as the records that say so.
//
// Used by the executor, which writes them in one transaction. Pure: the machine decides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/machine/record.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

plan::Trouble trouble_of(const Error& error);
// The message, and what to do next.
std::string sentence(const Error& error);

struct Failure {
  plan::StepId step;
  plan::Trouble trouble;
  std::string message;
  bool absence_pauses = false;
};

// The failure and what it leads to: no crash falls between them.
std::vector<plan::Record> records_of(const plan::Plan& plan, const plan::RunState& state,
                                     const Failure& failure, Instant now);

// That resource alone goes back, or everything.
plan::Record start_of_way_back(std::optional<plan::ResourceId> alone, const std::string& why);
// Nothing of the resource is left to undo. Where no other one has moved, the plan as a whole goes
// back.
std::vector<plan::Record> end_of_way_back(const plan::RunState& state, plan::ResourceId resource);

}  // namespace mig::runtime
