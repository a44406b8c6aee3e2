#include "runtime/cli/lsp/capabilities.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "runtime/cli/lsp/file_uri.hpp"

namespace mig::cli::lsp {
namespace {

// UTF-16 unless the editor can count bytes, which is what sources do.
Encoding encoding_of(const Json& params) {
  const Json* all = field_of(params, "capabilities");
  const Json* general = all == nullptr ? nullptr : field_of(*all, "general");
  const Json* encodings = general == nullptr ? nullptr : field_of(*general, "positionEncodings");
  if (encodings == nullptr || !encodings->is_array()) return Encoding::Utf16;
  const bool is_bytes = std::ranges::find(*encodings, Json("utf-8")) != encodings->end();
  return is_bytes ? Encoding::Utf8 : Encoding::Utf16;
}

}  // namespace

Client client_of(const Json& params) {
  const Json* options = field_of(params, "initializationOptions");
  const auto shows = options == nullptr ? std::nullopt : truth_field(*options, "libraryTexts");
  return Client{.encoding = encoding_of(params), .shows_library = shows.value_or(false)};
}

std::vector<std::string> folders_of(const Json& params) {
  std::vector<std::string> folders;
  const auto add = [&](const std::optional<std::string>& uri) {
    const auto path = uri ? path_of(*uri) : std::nullopt;
    if (path) folders.push_back(*path);
  };
  const Json* all = field_of(params, "workspaceFolders");
  if (all != nullptr && all->is_array()) {
    for (const Json& folder : *all)
      add(text_field(folder, "uri"));
  }
  if (folders.empty()) add(text_field(params, "rootUri"));
  return folders;
}

Json capabilities(const Client& client) {
  constexpr int kWholeOrRange = 2;  // changes may name a range
  return Json{
      {"positionEncoding", client.encoding == Encoding::Utf8 ? "utf-8" : "utf-16"},
      {"textDocumentSync", {{"openClose", true}, {"change", kWholeOrRange}}},
      {"hoverProvider", true},
      {"completionProvider", {{"triggerCharacters", {".", "(", ":", "=", "{", " "}}}},
      {"definitionProvider", true},
      {"referencesProvider", true},
      {"documentHighlightProvider", true},
      {"renameProvider", {{"prepareProvider", true}}},
      {"documentSymbolProvider", true},
      {"workspaceSymbolProvider", true},
      {"documentFormattingProvider", true},
      {"codeActionProvider", {{"codeActionKinds", {"quickfix"}}}},
      {"foldingRangeProvider", true},
      {"inlayHintProvider", true},
  };
}

}  // namespace mig::cli::lsp
