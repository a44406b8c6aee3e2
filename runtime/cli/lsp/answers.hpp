// The answers of the language server, one file each: what is asked about a place in a document.
//
// Each reads the snapshot of the document as it is now and changes nothing; an answer that knows
// nothing is null. One thread.
#pragma once

#include <cstdint>
#include <expected>

#include "runtime/cli/lsp/protocol.hpp"
#include "runtime/cli/lsp/workspace.hpp"

namespace mig::cli::lsp {

using Answer = std::expected<Json, Refusal>;

// A document and a place in it. REQUIRES of every answer: the document can be read.
struct Place {
  Workspace& workspace;
  const Snapshot& snapshot;
  std::uint32_t offset = 0;

  Encoding encoding() const { return workspace.client.encoding; }
};

Answer hover(const Place& place);
Answer completion(const Place& place);
Answer definition(const Place& place);
Answer references(const Place& place, bool with_declaration);
Answer document_highlight(const Place& place);
Answer prepare_rename(const Place& place);
Answer rename(const Place& place, const std::string& name);

// About a whole document; the place in it means nothing.
Answer document_symbols(const Place& place);
Answer folding_ranges(const Place& place);
Answer formatting(const Place& place);
// `range`: as the request has it.
Answer code_actions(const Place& place, const Json& range);
Answer inlay_hints(const Place& place, const Json& range);

Answer workspace_symbols(Workspace& workspace, const std::string& query);

}  // namespace mig::cli::lsp
