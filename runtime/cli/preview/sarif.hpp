// Diagnostics as SARIF 2.1.0 (OASIS), for code scanning: a safety error's run is a code flow. Pure.
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

std::string as_sarif(const std::vector<ShownDiagnostic>& diagnostics);

}  // namespace mig::cli
