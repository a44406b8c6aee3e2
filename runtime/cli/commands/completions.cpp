// `mig completions SHELL`: what a shell needs to complete commands, flags and files of mig.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/completions/command_shape.hpp"

namespace mig::cli {

void declare_completions(CLI::App& app, ExitCode&) {
  CLI::App* command = app.add_subcommand("completions", "Print the completions of mig for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n"
      "  eval \"$(mig completions bash)\"                            in ~/.bashrc\n"
      "  mig completions zsh >\"${fpath[1]}/_mig\"\n"
      "  mig completions fish >~/.config/fish/completions/mig.fish");
  command->callback([&app, shell] {
    const auto commands = command_shapes(app);
    const std::string script = *shell == "bash"  ? bash_completions(commands)
                               : *shell == "zsh" ? zsh_completions(commands)
                                                 : fish_completions(commands);
    std::fputs(script.c_str(), stdout);
  });
}

}  // namespace mig::cli
