// The canonical text of a tree, and the formatter that is built on it (`mig fmt`).
//
// Laws, tested: parse(print(t)) == t for intact trees; formatting never changes the tree, and
// formatting twice changes nothing more.
#pragma once

#include <string>

#include "grammar/source.hpp"
#include "grammar/tree.hpp"

namespace mig::syntax {

inline constexpr std::size_t kLineWidth = 100;

std::string print(const Expr& expr);

// Every block on lines of its own, without comments; docs are kept.
std::string print(const File& file);

// The statement in one line, or, where a block of it holds blocks, in lines without indentation.
std::string print_compact(const Statement& statement);

// The text of a file in its canonical layout: two spaces of indentation, `:`, `=` and one-line
// blocks aligned in runs of single-line statements, at most one blank line. Comments stay, a block
// of one line stays one while it fits, and what could not be read stays as it is.
std::string format(const SourceSet& sources, FileId file);

}  // namespace mig::syntax
