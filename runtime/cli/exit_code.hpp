// What a finished command tells the shell. The numbers are part of mig's interface: scripts read
// them.
#pragma once

namespace mig::cli {

enum class ExitCode : int {
  Done = 0,          // done, nothing to do, or waiting as asked
  PlanWrong = 1,     // errors in the plan, a failed test, drift found by `verify`, `fmt --check`
  Changes = 2,       // with --detailed-exitcode: the plan is right and would change something
  Refused = 3,       // stale, used, beyond this version; another schema, identity or journal format
  RolledBack = 4,    // a step or gate failed and everything was rolled back
  NeedsPerson = 5,   // stopped where only a person can decide
  Locked = 6,        // another run holds the journal, the dataset or the plan
  Waiting = 7,       // with --detailed-exitcode: all is well, it waits for a time or an approval
  Partial = 8,       // completed, but a resource was rolled back alone
  Usage = 64,        // flags, an unreadable plan, no terminal and no --yes
  Unavailable = 69,  // a store is missing or locked, a journal is read-only, the disk is full
  Bug = 70,          // a bug in mig
  Interrupted = 130  // stopped by a signal; the journal is consistent
};

}  // namespace mig::cli
