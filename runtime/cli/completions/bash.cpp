// Completions for bash: one function that looks at the words before the cursor.
#include <fmt/format.h>

#include "runtime/cli/completions/command_shape.hpp"

namespace mig::cli {
namespace {

constexpr std::string_view kHead =
    R"sh(# Completions of mig for bash:  eval "$(mig completions bash)"
_mig_offer() { mapfile -t COMPREPLY < <(compgen "$@"); }
_mig_files() {
  compopt -o filenames 2>/dev/null
  _mig_offer -f -- "$1"
}
_mig_plans() {
  compopt -o filenames 2>/dev/null
  _mig_offer -d -- "$1"
  local -a plans
  mapfile -t plans < <(compgen -f -X '!*.mig*' -- "$1")
  COMPREPLY+=("${plans[@]}")
}
_mig() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command/$word" in
)sh";

}  // namespace

std::string bash_completions(const std::vector<CommandShape>& commands) {
  std::string script(kHead);
  for (const CommandShape& one : commands) {
    if (one.path.empty()) continue;
    script += fmt::format("      '{}/{}') command='{}' ;;\n", one.outer, one.word, one.path);
  }
  script += "    esac\n  done\n  case \"$command/$before\" in\n";
  for (const CommandShape& one : commands) {
    for (const FlagShape& flag : one.flags) {
      if (!flag.takes_value) continue;
      std::string names;
      for (const std::string& name : flag.names)
        names += fmt::format("{}'{}/{}'", names.empty() ? "" : "|", one.path, name);
      const std::string offer =
          flag.choices.empty()
              ? "_mig_files \"$current\""
              : fmt::format("_mig_offer -W '{}' -- \"$current\"", fmt::join(flag.choices, " "));
      script += fmt::format("    {}) {}; return ;;\n", names, offer);
    }
  }
  script += "  esac\n  case \"$command\" in\n";
  for (const CommandShape& one : commands) {
    std::vector<std::string> flags;
    for (const FlagShape& flag : one.flags)
      flags.insert(flags.end(), flag.names.begin(), flag.names.end());
    script += fmt::format("    '{}')\n      if [[ $current == -* ]]; then\n", one.path);
    script += fmt::format("        _mig_offer -W '{}' -- \"$current\"\n", fmt::join(flags, " "));
    switch (one.operands) {
      case Operands::Nothing:
        break;
      case Operands::Plans:
        script += "      else\n        _mig_plans \"$current\"\n";
        break;
      case Operands::Files:
        script += "      else\n        _mig_files \"$current\"\n";
        break;
      case Operands::Words:
        script += fmt::format("      else\n        _mig_offer -W '{}' -- \"$current\"\n",
                              fmt::join(one.words, " "));
        break;
    }
    script += "      fi ;;\n";
  }
  script += "  esac\n}\ncomplete -F _mig mig\n";
  return script;
}

}  // namespace mig::cli
