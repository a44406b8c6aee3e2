// `mig explain [CODE]`: what a code means, with a wrong and a right example.
#include "compiler/diagnostics/explain.hpp"

#include <memory>
#include <string>

#include <fmt/format.h>

#include "runtime/cli/commands.hpp"

namespace mig::cli {

void declare_explain(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("explain", "Explain a code that mig has reported");
  auto code = std::make_shared<std::string>();
  command->add_option("CODE", *code,
                      "the code, such as M0001; without one, all of them are listed");
  command->footer("Example:\n  mig explain M0001");
  command->callback([code, &exit] {
    if (code->empty()) {
      for (const compiler::Explanation& one : compiler::all_explanations())
        fmt::print("{}  {}\n", one.code, one.title);
      return;
    }
    if (const auto found = compiler::explain(*code)) {
      fmt::print("{}", found->text);
      return;
    }
    fmt::print(stderr, "mig: there is no code `{}`; `mig explain` lists them\n", *code);
    exit = ExitCode::Usage;
  });
}

}  // namespace mig::cli
