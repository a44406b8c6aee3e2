// Carries a run out from the command line: lease, signals, what is shown, and the exit code that
// follows.
//
// Shared by `apply`, `continue` and `rollback`.
#pragma once

#include <optional>
#include <string>

#include "runtime/cli/session.hpp"
#include "runtime/engine/executor.hpp"

namespace mig::cli {

struct DriveOptions {
  bool is_json = false;
  bool detailed_exit = false;
  runtime::Limits limits;
  bool wants_rollback = false;  // a rollback that succeeds is what was asked for
};
void add_drive_options(CLI::App& command, DriveOptions& options);

// Takes the run's lease; Conflict says who holds it.
runtime::Result<runtime::Lease> take_lease(Session& session, const std::string& plan,
                                           const std::string& env);

// Runs until the run ends, pauses or blocks. Gives the lease back.
ExitCode drive(Session& session, runtime::RunLog& log, runtime::Lease lease,
               const DriveOptions& options);

// What a person may do now, with what each costs; a few lines.
std::string legal_commands(const plan::Plan& plan, const plan::RunState& state);

}  // namespace mig::cli
