// What `old` and `new` mean at a place: what the plan, or the resource around it, moves.
//
// Used by hover and by definition: the words are no names, so no index has them. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "runtime/cli/lsp/snapshot.hpp"

namespace mig::cli::lsp {

// Where the datasets or services are declared; nothing where the word is no side there.
std::optional<std::vector<syntax::Span>> side_named(const Snapshot& snapshot, std::uint32_t offset,
                                                    std::string_view word);

}  // namespace mig::cli::lsp
