// A preview as the comment of a pull request: Markdown with a marker by which the comment of a file
// and an environment is found again and edited in place. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/cli/preview/document.hpp"

namespace mig::cli {

// A comment holds no more than 65,536 characters on the usual hosts.
inline constexpr std::size_t kLongestComment = 60'000;

// At most `longest` characters: details go first, in a fixed order, what destroys never.
std::string as_markdown(const Document& document, std::size_t longest = kLongestComment);

// The first line of a comment: `<!-- mig:preview plans/split.mig prod -->`.
std::string comment_marker(const Document& document);

}  // namespace mig::cli
