// `mig lsp`: the language server, for an editor that starts it.
#include <csignal>
#include <memory>
#include <unistd.h>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/lsp/server.hpp"

namespace mig::cli {

void declare_lsp(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("lsp", "Serve an editor on standard input and output (LSP)");
  // Editors say it, and there is nothing else.
  auto is_stdio = std::make_shared<bool>(true);
  command->add_flag("--stdio", *is_stdio, "the only way it speaks, and what it does anyway");
  command->footer(
      "An editor starts it; grammar/vscode is an extension that does.\n"
      "Exit codes: 0 shut down, 1 the editor went away without saying so");
  command->callback([is_stdio, &exit] {
    std::signal(SIGPIPE, SIG_IGN);  // an editor that is gone is seen by the next write
    const int code = lsp::serve(STDIN_FILENO, STDOUT_FILENO);
    exit = code == 0 ? ExitCode::Done : ExitCode::PlanWrong;
  });
}

}  // namespace mig::cli
