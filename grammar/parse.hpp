// Reads the text of a .mig file into a tree. Used by the compiler, the formatter and the editor.
//
// Never fails: a mistake is reported, what is missing is assumed, and reading goes on, so that all
// independent mistakes of a file come out of one pass. Time grows with the length of the text
// whatever it holds, and nesting is limited, so no input exhausts the stack.
#pragma once

#include <string>
#include <vector>

#include "grammar/source.hpp"
#include "grammar/tree.hpp"

namespace mig::syntax {

// How deep blocks, brackets, `not`, `if` and operators may be nested in each other.
inline constexpr int kMaxNesting = 200;
// A file with more mistakes than this is another kind of file; the rest is not reported.
inline constexpr std::size_t kMaxMistakes = 200;

struct Mistake {
  Span at;
  std::string message;
  std::string help;  // may be empty
};

struct Parsed {
  File file;
  std::vector<Mistake> mistakes;  // in the order of the text
};

Parsed parse(const SourceSet& sources, FileId file);

// The number of rules that could loop or never end, as PEGTL's own analysis counts them.
std::size_t grammar_problems();

}  // namespace mig::syntax
