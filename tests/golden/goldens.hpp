// Golden files: inputs below tests/golden and, beside each, the text that mig makes of it.
//
// Used by the golden tests only. With MIG_UPDATE_GOLDENS set the texts are written anew, not
// compared.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/parse.hpp"

namespace mig::golden {

// tests/golden
std::filesystem::path folder();
std::string read(const std::filesystem::path& path);
// The `.mig` files of one folder, sorted; at least one.
std::vector<std::filesystem::path> inputs(const char* folder);

// One file, parsed, with what was reported about it.
struct Checked {
  syntax::SourceSet sources;
  syntax::FileId file;
  syntax::Parsed parsed;
  std::deque<syntax::Parsed> used;
  std::optional<syntax::Parsed> sets;  // of `--set`: the file `.set` beside the input
  compiler::Diagnostics diagnostics;

  Checked(std::string path, std::string text);

  // The file and what it brings in from tests/golden/error.
  std::vector<compiler::Input> program();
  // What `mig check` reports, with secrets masked.
  void check();
  // Its plans for one environment.
  compiler::Compilation compile(const std::string& env = "default");
};

// Compares what `output` makes of each input of a folder with the text beside it.
void compare(const char* folder, const std::function<std::string(Checked&)>& output);

}  // namespace mig::golden
