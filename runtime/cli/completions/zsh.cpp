// Completions for zsh: one function that looks at the words before the cursor.
#include <fmt/format.h>

#include "runtime/cli/completions/command_shape.hpp"

namespace mig::cli {
namespace {

constexpr std::string_view kHead =
    R"sh(#compdef mig
# Completions of mig for zsh:  mig completions zsh >"${fpath[1]}/_mig"
_mig() {
  local command='' before=${words[CURRENT-1]} word
  local -a offered
  for word in ${words[2,CURRENT-1]}; do
    case "$command/$word" in
)sh";

// Used as a function of the same name by `compinit`, or read into a running shell.
constexpr std::string_view kFoot =
    R"sh(  esac
}
if [[ ${funcstack[1]} == _mig ]]; then _mig "$@"; else compdef _mig mig; fi
)sh";

// In single quotes; `:` divides a word from what it is about.
std::string in_quotes(std::string_view word, std::string_view about) {
  std::string text = "'";
  const auto add = [&](std::string_view part, bool is_word) {
    for (const char c : part) {
      if (c == '\'') {
        text += "'\\''";
      } else if (c == ':' && is_word) {
        text += "\\:";
      } else {
        text += c == '\n' ? ' ' : c;
      }
    }
  };
  add(word, true);
  if (!about.empty()) {
    text += ':';
    add(about, false);
  }
  return text + "'";
}

std::string offered_words(const CommandShape& one) {
  std::string list;
  for (std::size_t i = 0; i < one.words.size(); ++i)
    list += " " + in_quotes(one.words[i], i < one.abouts.size() ? one.abouts[i] : "");
  return list;
}

std::string offered_flags(const CommandShape& one) {
  std::string list;
  for (const FlagShape& flag : one.flags) {
    for (const std::string& name : flag.names)
      list += " " + in_quotes(name, flag.about);
  }
  return list;
}

}  // namespace

std::string zsh_completions(const std::vector<CommandShape>& commands) {
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
      script += fmt::format("    {}) {}; return ;;\n", names,
                            flag.choices.empty()
                                ? "_files"
                                : fmt::format("compadd -- {}", fmt::join(flag.choices, " ")));
    }
  }
  script += "  esac\n  case \"$command\" in\n";
  for (const CommandShape& one : commands) {
    script += fmt::format("    '{}')\n      if [[ $PREFIX == -* ]]; then\n", one.path);
    script +=
        fmt::format("        offered=({})\n        _describe flag offered\n", offered_flags(one));
    switch (one.operands) {
      case Operands::Nothing:
        break;
      case Operands::Plans:
        script += "      else\n        _files -g '*.mig*(-.)'\n";
        break;
      case Operands::Files:
        script += "      else\n        _files\n";
        break;
      case Operands::Words:
        script += fmt::format("      else\n        offered=({})\n        _describe word offered\n",
                              offered_words(one));
        break;
    }
    script += "      fi ;;\n";
  }
  return script + std::string(kFoot);
}

}  // namespace mig::cli
