// What the statement table says of a word, for people.
//
// Used by hover and by completion. Pure.
#pragma once

#include <optional>
#include <string>

#include "compiler/blocks.hpp"

namespace mig::cli::lsp {

// The row of a word in a block of that kind; inside a strategy that of a step, or of a phase.
const compiler::StatementRow* row_of(compiler::Context context, std::string_view word);

// In Markdown: what it does, how it is written, what its block may say.
std::string help_of(const compiler::StatementRow& row);

}  // namespace mig::cli::lsp
