// File URIs and the paths that they mean.
//
// Used where the protocol names a document. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mig::cli::lsp {

// The plain absolute path of `file:///…`; nothing for any other URI.
std::optional<std::string> path_of(std::string_view uri);

// REQUIRES: an absolute path.
std::string uri_of(std::string_view path);

}  // namespace mig::cli::lsp
