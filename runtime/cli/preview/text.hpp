// A preview on a terminal: at most 100 columns, nothing cut off, what destroys last and marked.
// Pure.
#pragma once

#include <string>

#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

std::string as_text(const Document& document);

}  // namespace mig::cli
