// Diagnostics as plain data that outlives the texts they point into: for previews that are saved,
// and for SARIF. Pure.
#pragma once

#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/source.hpp"
#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

std::vector<ShownDiagnostic> shown_diagnostics(const syntax::SourceSet& sources,
                                               const compiler::Diagnostics& diagnostics);

}  // namespace mig::cli
