// Finds the statements of a tree that hold a place, and what kind of block each stands in.
//
// Used by every answer about a place in a file. Pure.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "compiler/blocks.hpp"
#include "grammar/tree.hpp"

namespace mig::cli::lsp {

// A statement, and what its word is looked up in; absent inside blocks that have a form of their
// own, such as an entity's, and for attributes.
struct Placed {
  const syntax::Statement* statement = nullptr;
  std::optional<compiler::Context> context;
};

// Outermost first; a statement holds its end, too, since the cursor may stand behind it.
std::vector<Placed> statements_at(const syntax::File& file, std::uint32_t offset);

// What kind of block a statement has: that of `phase` holds steps.
std::optional<compiler::Context> context_inside(std::string_view word,
                                                std::optional<compiler::Context> outside);

// Every statement of the file, outer ones first.
void each_statement(const syntax::File& file, const std::function<void(const Placed&)>& visit);

// The innermost expression at that place; null where there is none.
const syntax::Expr* expr_at(const syntax::Statement& statement, std::uint32_t offset);

// The first line of a statement as it is written, without its block.
std::string head_of(const syntax::SourceSet& sources, const syntax::Statement& statement);
// Its doc comment.
std::string docs_of(const syntax::Statement& statement);

}  // namespace mig::cli::lsp
