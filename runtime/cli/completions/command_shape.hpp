// The commands of the command line as data: what may be written behind each of them.
//
// Read from the CLI11 application, so that a new flag is completed as soon as it exists. Used by
// the completion scripts. Pure.
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace mig::cli {

struct FlagShape {
  std::vector<std::string> names;  // `-y`, `--yes`
  std::string about;
  bool takes_value = false;
  std::vector<std::string> choices;  // of the value; empty: a file may be meant
};

// What stands behind a command besides flags.
enum class Operands { Nothing, Plans, Files, Words };

struct CommandShape {
  std::string path;   // `check`, `dump tree`; empty: mig itself
  std::string outer;  // the path without its last word
  std::string word;   // its last word
  std::string about;
  std::vector<FlagShape> flags;
  std::vector<std::string> words;   // commands behind it, or the operands that it knows
  std::vector<std::string> abouts;  // of each of these; may be empty
  Operands operands = Operands::Nothing;
};

// Of mig itself and of every command, outer ones first.
std::vector<CommandShape> command_shapes(const CLI::App& app);

std::string bash_completions(const std::vector<CommandShape>& commands);
std::string zsh_completions(const std::vector<CommandShape>& commands);
std::string fish_completions(const std::vector<CommandShape>& commands);

}  // namespace mig::cli
