// The text of a plan file with every use of a strategy replaced by what it stands for: what
// `mig expand` prints.
//
// Law, tested over every example: it compiles to the same plan, and expanding it again changes
// nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/expand.hpp"
#include "compiler/program.hpp"

namespace mig::compiler {

// A use in the file, and what stands there instead.
struct ShownUse {
  std::string strategy;
  std::string from;  // the file that declares it
  syntax::Position at;
  std::string text;
};

struct ExpandedText {
  std::string text;
  std::vector<ShownUse> uses;
};

// Of the root file, in canonical layout and with its comments. `plan`: only that plan of it; empty
// for all. REQUIRES: the program compiles.
ExpandedText expanded_text(syntax::SourceSet& sources, const std::vector<Input>& inputs,
                           std::string_view plan);

}  // namespace mig::compiler
