// Completions for fish: one line a word, with the condition under which it may stand.
#include <fmt/format.h>

#include "runtime/cli/completions/command_shape.hpp"

namespace mig::cli {
namespace {

constexpr std::string_view kHead =
    R"sh(# Completions of mig for fish:  mig completions fish >~/.config/fish/completions/mig.fish
function __mig_command
    set -l command ''
    for word in (commandline -opc)[2..-1]
        switch "$command/$word"
)sh";

constexpr std::string_view kAfterCommands =
    R"sh(        end
    end
    test "$command" = "$argv[1]"
end
complete -c mig -f
)sh";

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "'";
}

void add_flag(const CommandShape& command, const FlagShape& flag, std::string& script) {
  script += fmt::format("complete -c mig -n \"__mig_command '{}'\"", command.path);
  for (const std::string& name : flag.names) {
    const bool is_long = name.starts_with("--");
    script += fmt::format(" {} {}", is_long ? "-l" : "-s", name.substr(is_long ? 2 : 1));
  }
  if (!flag.choices.empty()) {
    script += fmt::format(" -x -a '{}'", fmt::join(flag.choices, " "));
  } else if (flag.takes_value) {
    script += " -r -F";
  }
  if (!flag.about.empty()) script += " -d " + in_quotes(flag.about);
  script += '\n';
}

}  // namespace

std::string fish_completions(const std::vector<CommandShape>& commands) {
  std::string script(kHead);
  for (const CommandShape& one : commands) {
    if (one.path.empty()) continue;
    script += fmt::format("            case '{}/{}'\n                set command '{}'\n", one.outer,
                          one.word, one.path);
  }
  script += kAfterCommands;
  for (const CommandShape& one : commands) {
    for (const FlagShape& flag : one.flags)
      add_flag(one, flag, script);
    const std::string begin = fmt::format("complete -c mig -n \"__mig_command '{}'\"", one.path);
    if (one.operands == Operands::Plans || one.operands == Operands::Files) {
      script += begin + " -F\n";
    } else if (one.operands == Operands::Words) {
      for (std::size_t i = 0; i < one.words.size(); ++i) {
        script += fmt::format("{} -a {}", begin, one.words[i]);
        if (i < one.abouts.size()) script += " -d " + in_quotes(one.abouts[i]);
        script += '\n';
      }
    }
  }
  return script;
}

}  // namespace mig::cli
