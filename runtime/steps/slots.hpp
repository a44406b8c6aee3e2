// Following through a slot of PostgreSQL, where the plan says `changes = slot` of the store that
// leads: beginning and ending it, and what would keep it from beginning.
//
// Used by feeds and by whoever begins or ends following. One thread, that of the slices.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/postgres_slot_stream.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

bool leads_through_slot(const plan::Plan& plan, plan::Side leads);

// The one stream of that side, which all share. REQUIRES: it leads through a slot, as below.
Result<std::shared_ptr<PostgresSlotStream>> slot_stream(const plan::Plan& plan, Stores& stores,
                                                        plan::Side leads);
// What beginning would refuse; changes nothing.
Result<void> check_slot(const plan::Plan& plan, Stores& stores, plan::Side leads);
// What a reviewer has to know: which slot, and how much the server keeps for it.
Result<std::string> slot_notice(const plan::Plan& plan, Stores& stores, plan::Side leads);

// The publication and the slot. Gives the place of a follower that has carried over nothing yet.
// Twice is once.
Result<Applied> make_slot(World& world, plan::StepId step, plan::Side leads);
// Inside an Effect's transaction in that store, behind make_slot: then all that the slot does not
// tell is seen by whoever reads the rows.
Result<void> settle_slot(World& world, const Database& database, plan::Side leads);
// Inside such a transaction, too. What is gone is gone.
Result<void> take_slot_away(World& world, const Database& database, plan::Side leads);
// Moves the place in the old side's slot on over what touches none of its rows, while the new side
// leads: nobody follows it then, and its server keeps its log for whoever goes back.
Result<void> pass_untouched(World& world, plan::StepId forward);
// Fails where the slot does not tell everything any more.
Result<void> check_slot_tells(World& world, plan::Side leads);

}  // namespace mig::runtime
