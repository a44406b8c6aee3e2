// What is wrong with open documents, as the editor is told without asking.
//
// Used by the server whenever nothing else is to do: only what has changed since is told again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/cli/lsp/workspace.hpp"

namespace mig::cli::lsp {

class Published {
 public:
  // The `params` of one `textDocument/publishDiagnostics` for each file about which something else
  // is to be said than before.
  std::vector<Json> news(Workspace& workspace);

 private:
  std::map<std::string, std::string> told_;  // by URI, what was said last
};

// What one snapshot reports, by the path of the file in which it stands. What stands in a strategy
// stands where the plan uses it.
std::map<std::string, std::vector<Json>> diagnostics_of(const Workspace& workspace,
                                                        const Snapshot& snapshot);

}  // namespace mig::cli::lsp
