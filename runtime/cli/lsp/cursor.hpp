// What stands before a cursor: the blocks that are open there, and the statement that is being
// written. Read from the text itself, since a tree of a half written statement has lost its end.
//
// Used by completion. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mig::cli::lsp {

// The words and signs of one statement, in their order; a text is one sign, with its quotes.
using Tokens = std::vector<std::string>;

struct Cursor {
  std::vector<Tokens> around;  // of each block that is open, the statement that has it
  Tokens statement;            // what is written of the statement before the word at the cursor
  std::vector<std::string> in_block;  // the first words of the statements above it in its block
  std::string prefix;                 // the word at the cursor, as far as it is written
  std::uint32_t prefix_begin = 0;
  bool is_in_text = false;  // inside a comment or a text nothing is completed
  std::string brackets;     // those that are open in the statement, such as `([`

  // The last sign before the cursor; empty at the beginning of a statement.
  std::string_view last() const {
    return statement.empty() ? std::string_view() : std::string_view(statement.back());
  }
};

// REQUIRES: offset <= text.size()
Cursor cursor_at(std::string_view text, std::uint32_t offset);

}  // namespace mig::cli::lsp
