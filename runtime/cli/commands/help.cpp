// `mig help [COMMAND]`: the same text as `mig COMMAND --help`.
#include <memory>

#include <fmt/format.h>

#include "runtime/cli/commands.hpp"

namespace mig::cli {

void declare_help(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("help", "Show what a command does, with an example");
  command->footer("Example:\n  mig help apply");
  auto name = std::make_shared<std::string>();
  command->add_option("COMMAND", *name, "the command to explain; without one, the overview");
  command->callback([&app, &exit, name] {
    if (name->empty()) {
      fmt::print("{}", app.help());
      return;
    }
    const auto found =
        app.get_subcommands([&](const CLI::App* one) { return one->get_name() == *name; });
    if (found.empty()) {
      fmt::print(stderr, "mig: there is no command `{}`; `mig --help` lists them\n", *name);
      exit = ExitCode::Usage;
      return;
    }
    const std::string text = found.front()->help("mig");
    fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
  });
}

}  // namespace mig::cli
