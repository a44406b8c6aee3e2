// `mig explain [CODE]`: what a code means, with a wrong and a right example; and what a strategy of
// the library is for.
#include "compiler/diagnostics/explain.hpp"

#include <memory>
#include <string>

#include <fmt/format.h>

#include "compiler/library.hpp"
#include "runtime/cli/commands.hpp"

namespace mig::cli {

void declare_explain(CLI::App& app, ExitCode& exit) {
  CLI::App* command =
      app.add_subcommand("explain", "Explain a code that mig has reported, or a strategy");
  auto code = std::make_shared<std::string>();
  command->add_option(
      "CODE", *code,
      "the code, such as M0001, or the strategy; without one, all of them are listed");
  command->footer(
      "Examples:\n"
      "  mig explain M0001\n"
      "  mig explain                 every code, and every strategy of the library");
  command->callback([code, &exit] {
    if (code->empty()) {
      for (const compiler::Explanation& one : compiler::all_explanations())
        fmt::print("{}  {}\n", one.code, one.title);
      for (const compiler::LibraryText& text : compiler::standard_library())
        fmt::print("{}.{}  {}\n", text.module, text.name, compiler::summary(text));
      return;
    }
    if (const auto found = compiler::explain(*code)) {
      fmt::print("{}", found->text);
      return;
    }
    if (const compiler::LibraryText* text = compiler::find_in_library(*code)) {
      fmt::print("{}", compiler::describe(*text));
      return;
    }
    fmt::print(stderr, "mig: there is no code `{}`; `mig explain` lists them\n", *code);
    exit = ExitCode::Usage;
  });
}

}  // namespace mig::cli
