// Lays the statements of a tree out in lines. Shared by print and format.
#pragma once

#include <string>

#include "grammar/source.hpp"
#include "grammar/tree.hpp"

namespace mig::syntax {

// With sources: comments, blank lines, one-line blocks and whatever could not be read are taken
// from the text. Without: every block on its own lines.
std::string lay_out(const File& file, const SourceSet* sources);

}  // namespace mig::syntax
