// What holds at each step of a plan, whatever way the run came there.
//
// Used by the checks of a plan's order, and by whoever shows a person what holds after a phase. One
// pass over the steps; where phases run side by side only what all of them leave is held to be so.
// Pure.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"

namespace mig::compiler {

struct Facts {
  plan::WritesState writes;
  // How much of the reads the new side answers: at least, at most.
  plan::Ratio fewest_reads;
  plan::Ratio most_reads;
  std::optional<plan::StepId> asked;  // requests that both services answered alike
  std::optional<plan::StepId>
      filled;  // the newest step that copied  std::optional<plan::StepId> proved;    // the gate
               // that saw no difference; nothing has come since
  std::optional<plan::StepId> proved;   // the gate that saw no difference; nothing has come since
  std::optional<plan::StepId> moved;    // the newest change of reads or of the authority
  std::optional<plan::StepId> watched;  // a gate that has looked at clients since
  plan::Duration mirrored = plan::Duration::zero();  // for how long holds let both sides be written
  std::optional<plan::StepId> held;                  // a hold with a gate since
  std::optional<plan::StepId> accepted;              // `accept all_at_once`
  std::optional<plan::StepId> marker;                // the point of no return
  std::set<plan::DatasetId> made;                    // created or emptied by this plan
  std::set<plan::DatasetId> backed_up;

  // What clients write reaches the new side, or nobody writes.
  bool reaches_new() const {
    return writes.authority != plan::Side::Old || writes.mirror.has_value();
  }
  bool uses_old() const {
    return fewest_reads < plan::Ratio::percent(100) || writes.authority == plan::Side::Old ||
           writes.mirror.has_value();
  }
  bool uses_new() const {
    return plan::Ratio{} < most_reads || writes.authority == plan::Side::New ||
           writes.mirror.has_value();
  }
};

// Before each step, and after the last one of all. REQUIRES: a plan without resources, or a
// projection (prove/projection.hpp).
struct FactTable {
  std::vector<Facts> before;
  std::vector<Facts> after;
  std::vector<std::vector<bool>> ancestors;  // of each step: those that are done before it begins
};
FactTable facts_of(const plan::Plan& plan);

// How much of the reads goes to the new side, at most. How many requests a `where` fits nobody
// knows: it counts as half of them, so that everybody else is still a step of its own.
plan::Ratio widest_share(const plan::RouteReads& reads);
// What the new side misses is fetched from elsewhere: a cache into which nothing is carried over.
bool is_refilled(const plan::Plan& plan);
// A gate that has to see no difference at all between the sides.
bool compares_sides(const plan::Plan& plan, plan::GateId gate);
// A gate that looks at what clients see.
bool watches_traffic(const plan::Plan& plan, plan::GateId gate);

}  // namespace mig::compiler
