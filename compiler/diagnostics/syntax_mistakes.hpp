// Turns what the parser could not read into diagnostics (M0001).
#pragma once

#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/parse.hpp"

namespace mig::compiler {

void report_syntax_mistakes(const syntax::Parsed& parsed, Diagnostics& diagnostics);

}  // namespace mig::compiler
