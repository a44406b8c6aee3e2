// Triggers that keep one side as the other is, in the writer's own transaction: `mode =
// transaction`, where both sides stand in one file.
//
// The mirror is the changelog of the side that leads, with a trigger on the log itself: it carries
// the touched row over and takes the entry out again. What it cannot carry over exactly as we
// would, a row that the rules refuse, one that stands against another row's unique value, a cell in
// another spelling, stays in the log, and the other side as it is, until the follower comes: it
// knows all that SQL does not, and makes the dead letters. So no statement of the application ever
// fails because of a mirror, and no row is lost in silence.
//
// While it writes it marks itself in `mig_ctl_origin`, so that the guard of the other side lets it
// pass and refuses everybody else. One thread, like the database.
#pragma once

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/changelog.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

// `log`: the changelog of the side that leads. Inside an Effect's transaction; twice is once. Only
// one direction may be installed at a time. Permanent where a statement of the application could
// fail because of it: the other side's tables have rules that nobody can ask beforehand.
// REQUIRES: plan::sql_lane translates that direction.
Result<void> install_mirror(const Database& database, const plan::Plan& plan, plan::Side authority,
                            const Changelog& log);

// What install_mirror would refuse, before a plan has begun: of tables that are there, without a
// change. Those that the plan creates may be missing.
Result<void> check_mirror(const Database& database, const plan::Plan& plan, plan::Side authority,
                          const Changelog& log);

}  // namespace mig::runtime
