#include "runtime/cli/lsp/side_names.hpp"

#include <ranges>

#include "runtime/cli/lsp/tree_walk.hpp"

namespace mig::cli::lsp {

std::optional<std::vector<syntax::Span>> side_named(const Snapshot& snapshot, std::uint32_t offset,
                                                    std::string_view word) {
  if (word != "old" && word != "new") return std::nullopt;
  const std::string_view line = word == "old" ? "from" : "to";
  const auto around = statements_at(snapshot.tree(), offset);
  for (const Placed& placed : std::views::reverse(around)) {
    if (!placed.statement->block) continue;
    for (const syntax::Statement& inner : placed.statement->block->statements) {
      if (inner.word.text != line) continue;
      std::vector<syntax::Span> declared;
      for (const compiler::Occurrence& one : snapshot.names()) {
        const bool is_there = one.at.file == inner.span.file && inner.span.begin <= one.at.begin &&
                              one.at.end <= inner.span.end;
        if (is_there) declared.push_back(one.declaration);
      }
      if (!declared.empty()) return declared;
    }
  }
  return std::nullopt;
}

}  // namespace mig::cli::lsp
