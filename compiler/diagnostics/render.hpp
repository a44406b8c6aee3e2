// Diagnostics as people and programs read them.
//
// The text shows the narrowest wrong place as `^^^` and its causes as `---` in the lines of the
// source; the JSON form carries the same for editors and scripts.
#pragma once

#include <string>

#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/source.hpp"

namespace mig::compiler {

enum class Color { Never, Always };

std::string render(const syntax::SourceSet& sources, const Diagnostic& diagnostic, Color color);

// All of them with an empty line between, and nothing where there are none.
std::string render_all(const syntax::SourceSet& sources, const Diagnostics& diagnostics,
                       Color color);

// One JSON object a diagnostic, one a line.
std::string render_json(const syntax::SourceSet& sources, const Diagnostics& diagnostics);

}  // namespace mig::compiler
