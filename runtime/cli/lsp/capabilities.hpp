// What the editor says of itself when it connects, and what the server says back.
//
// Used once, by `initialize`. Pure.
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/lsp/workspace.hpp"

namespace mig::cli::lsp {

Client client_of(const Json& params);
// The paths of the folders that the editor works in.
std::vector<std::string> folders_of(const Json& params);
Json capabilities(const Client& client);

}  // namespace mig::cli::lsp
