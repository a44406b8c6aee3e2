// The command line: every command is one line in kCommands and one file in commands/.
#include <cstdio>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "runtime/cli/commands.hpp"

namespace {

constexpr mig::cli::DeclareCommand kCommands[] = {
    mig::cli::declare_apply,       mig::cli::declare_approve,   mig::cli::declare_check,
    mig::cli::declare_completions, mig::cli::declare_control,   mig::cli::declare_doctor,
    mig::cli::declare_dump,        mig::cli::declare_expand,    mig::cli::declare_explain,
    mig::cli::declare_fmt,         mig::cli::declare_graph,     mig::cli::declare_help,
    mig::cli::declare_init,        mig::cli::declare_look,      mig::cli::declare_lsp,
    mig::cli::declare_preview,     mig::cli::declare_reconcile, mig::cli::declare_schema,
    mig::cli::declare_show,        mig::cli::declare_simulate,  mig::cli::declare_test,
};

// `mig plan.mig` is `mig preview plan.mig`.
bool is_plan(std::string_view argument) {
  return argument.ends_with(".mig");
}

constexpr const char* kFooter =
    "A first look:\n"
    "  mig init                            a plan to begin with\n"
    "  mig check plan.mig                  every mistake in a plan, and what was proved\n"
    "  mig preview plan.mig                what it would do; nothing is done\n"
    "  mig help COMMAND                    what a command does, with an example\n"
    "Exit codes: 0 done, 1 the plan is wrong, 2 would change something, 3 refused, 4 rolled back,\n"
    "            5 needs a person, 6 locked, 7 waits, 8 done in part, 64 usage, 69 unavailable,\n"
    "            70 a bug in mig, 130 interrupted";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("mig compiles migration plans (.mig files), checks them and carries them out.",
               "mig");
  app.set_version_flag("--version", "mig " MIG_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  auto exit = mig::cli::ExitCode::Done;
  for (const auto declare : kCommands)
    declare(app, exit);
  std::vector<const char*> arguments(argv, argv + argc);
  if (argc > 1 && is_plan(argv[1])) arguments.insert(arguments.begin() + 1, "preview");
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "mig: {}\nTry `mig --help` or `mig help COMMAND`.\n", error.what());
    return static_cast<int>(mig::cli::ExitCode::Usage);
  }
  return static_cast<int>(exit);
}
