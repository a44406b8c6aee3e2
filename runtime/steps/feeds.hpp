// Where the changes of the side that leads are read, and where reading them begins.
//
// Used by whoever follows and whoever asks what was touched since. One thread, that of the slices.
#pragma once

#include <memory>

#include "compiler/plan/plan.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/change_feed.hpp"
#include "runtime/stores/changelog.hpp"
#include "runtime/stores/effect.hpp"

namespace mig::runtime {

// Whether the rows of the side that leads stand in Redis, which keeps no changelog of theirs.
bool leads_in_redis(const plan::Plan& plan, plan::Side leads);
// REQUIRES: they do not.
Result<Changelog> log_of(const plan::Plan& plan, plan::Side leads);

// For the follower whose place the step `step` keeps.
Result<std::unique_ptr<ChangeFeed>> open_feed(World& world, plan::StepId step, plan::Side leads);

// Where a follower stands that has carried over nothing yet: every commit behind this moment is
// told to it, in a database once its changelog is installed. Makes the slot where there is one.
Result<Applied> first_place(World& world, plan::StepId step, plan::Side leads);
// Whether following from that side has begun for the step `step`, and has not ended.
Result<bool> is_told(World& world, plan::StepId step, plan::Side leads);
// Whether `open_feed` would be let read, found before the plan begins; changes nothing.
Result<void> check_feed(const plan::Plan& plan, Stores& stores, plan::Side leads);

}  // namespace mig::runtime
