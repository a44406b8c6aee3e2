// The tree of a file as text, one operand a line, for people who look at what was read
// (`mig dump tree`) and for the golden tests of the grammar.
#pragma once

#include <string>

#include "grammar/source.hpp"
#include "grammar/tree.hpp"

namespace mig::syntax {

std::string outline(const SourceSet& sources, const File& file);

}  // namespace mig::syntax
