// What a declaration says, for people who meet its name somewhere else.
//
// Used by hover and by completion. Pure.
#pragma once

#include <string>

#include "runtime/cli/lsp/snapshot.hpp"

namespace mig::cli::lsp {

// In Markdown, for the name that is declared there; empty where nothing is known.
std::string declaration_text(const Snapshot& snapshot, const syntax::Span& declaration);

}  // namespace mig::cli::lsp
