// The commands of the command line, one file each in commands/.
//
// A command declares its flags on the CLI11 application and leaves a callback that does the work
// and stores its exit code. main.cpp lists them; a command that is not listed there does not exist.
#pragma once

#include <CLI/CLI.hpp>

#include "runtime/cli/exit_code.hpp"

namespace mig::cli {

// `exit` outlives the callback that the command installs.
using DeclareCommand = void (*)(CLI::App& app, ExitCode& exit);

void declare_apply(CLI::App& app, ExitCode& exit);
void declare_approve(CLI::App& app, ExitCode& exit);
void declare_check(CLI::App& app, ExitCode& exit);
void declare_completions(CLI::App& app, ExitCode& exit);
void declare_control(CLI::App& app, ExitCode& exit);  // pause, continue, abort, rollback
void declare_doctor(CLI::App& app, ExitCode& exit);
void declare_dump(CLI::App& app, ExitCode& exit);
void declare_expand(CLI::App& app, ExitCode& exit);
void declare_explain(CLI::App& app, ExitCode& exit);
void declare_fmt(CLI::App& app, ExitCode& exit);
void declare_graph(CLI::App& app, ExitCode& exit);
void declare_help(CLI::App& app, ExitCode& exit);
void declare_init(CLI::App& app, ExitCode& exit);
void declare_look(CLI::App& app, ExitCode& exit);  // list, status, why, log
void declare_preview(CLI::App& app, ExitCode& exit);
void declare_look(CLI::App& app, ExitCode& exit);  // list, status, why, log
void declare_lsp(CLI::App& app, ExitCode& exit);
void declare_reconcile(CLI::App& app, ExitCode& exit);  // verify, repair, unlock
void declare_schema(CLI::App& app, ExitCode& exit);
void declare_show(CLI::App& app, ExitCode& exit);
void declare_simulate(CLI::App& app, ExitCode& exit);
void declare_test(CLI::App& app, ExitCode& exit);

}  // namespace mig::cli
