// A change of the authority that nobody has to wait for: where the routing table, both sides and
// the triggers between them stand in one file, they turn in one transaction.
//
// An application reads its route under the lock under which it writes, so there is no moment at
// which it may write nowhere, and none at which it could write to a side that has lost the
// authority. Whoever does not look at the route meets the guard. Used by `writes`. One thread, like
// the stores.
#pragma once

#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

// Between a state in which the old side leads and one in which the new one does.
bool can_turn_at_once(const World& world, const plan::WritesState& old_leads,
                      const plan::WritesState& new_leads);

struct Turn {
  plan::StepId step;         // that turns; its note in the store says `is_finished`
  plan::StepId followed;     // since which the side that leads until then has its log
  plan::WritesState writes;  // from then on
  bool is_finished = false;
};

// False where the log holds what is not carried over yet: nothing has changed.
// REQUIRES: can_turn_at_once.
Result<bool> turn_at_once(World& world, const Turn& turn);

}  // namespace mig::runtime
