#include "runtime/cli/lsp/server.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/explain.hpp"
#include "compiler/library.hpp"
#include "runtime/cli/lsp/capabilities.hpp"
#include "runtime/cli/lsp/file_uri.hpp"

namespace mig::cli::lsp {
namespace {

std::unexpected<Refusal> refuse(int code, std::string why) {
  return std::unexpected(Refusal{code, std::move(why)});
}

// The path of `{ textDocument: { uri } }`.
std::optional<std::string> document_path(const Json& params) {
  const Json* document = field_of(params, "textDocument");
  const auto uri = document == nullptr ? std::nullopt : text_field(*document, "uri");
  return uri ? path_of(*uri) : std::nullopt;
}

// The text of a file of the library, by what stands behind `mig-library:/`.
Answer library_text(const Json& params) {
  const auto uri = text_field(params, "uri");
  for (const compiler::LibraryText& text : compiler::standard_library()) {
    if (uri && uri->ends_with("/" + std::string(text.path))) return Json(text.text);
  }
  return refuse(Refusal::kInvalidParams, "the library has no such file");
}

Answer explanation(const Json& params) {
  const auto code = text_field(params, "code");
  const auto page = code ? compiler::explain(*code) : std::nullopt;
  if (!page) return refuse(Refusal::kInvalidParams, "there is no such code");
  return Json(page->text);
}

// An answer that needs nothing but a place.
using PlaceAnswer = Answer (*)(const Place&);
struct PlaceMethod {
  std::string_view name;
  PlaceAnswer answer;
  bool has_position;
};
constexpr std::array kPlaceMethods = {
    PlaceMethod{"textDocument/hover", hover, true},
    PlaceMethod{"textDocument/completion", completion, true},
    PlaceMethod{"textDocument/definition", definition, true},
    PlaceMethod{"textDocument/documentHighlight", document_highlight, true},
    PlaceMethod{"textDocument/prepareRename", prepare_rename, true},
    PlaceMethod{"textDocument/documentSymbol", document_symbols, false},
    PlaceMethod{"textDocument/foldingRange", folding_ranges, false},
    PlaceMethod{"textDocument/formatting", formatting, false},
};
constexpr std::array<std::string_view, 4> kOtherMethods = {
    "textDocument/references", "textDocument/rename", "textDocument/codeAction",
    "textDocument/inlayHint"};

}  // namespace

void Server::take(std::string_view content) {
  const Json message = Json::parse(content, nullptr, false);
  if (message.is_discarded()) {
    return reply(Json(), refuse(Refusal::kParseError, "this is no JSON"));
  }
  const Json* id = field_of(message, "id");
  const auto method = text_field(message, "method");
  const bool is_id = id == nullptr || id->is_string() || id->is_number_integer();
  if (!method || !is_id) {
    // The answer to a request of ours; there are none.
    const bool is_reply =
        field_of(message, "result") != nullptr || field_of(message, "error") != nullptr;
    if (is_reply && !method) return;
    return reply(is_id && id != nullptr ? *id : Json(),
                 refuse(Refusal::kInvalidRequest, "this is no request"));
  }
  const Json* params = field_of(message, "params");
  static const Json kNone = Json::object();
  const Json& given = params == nullptr ? kNone : *params;
  if (id == nullptr) return take_notification(*method, given);
  take_request(*id, *method, given);
}

void Server::refuse_frame(const std::string& why) {
  reply(Json(), refuse(Refusal::kParseError, why));
}

void Server::reply(const Json& id, Answer answer) {
  Json message{{"jsonrpc", "2.0"}, {"id", id}};
  if (answer) {
    message["result"] = std::move(*answer);
  } else {
    message["error"] = {{"code", answer.error().code}, {"message", answer.error().message}};
  }
  send_(message);
}

void Server::take_request(const Json& id, const std::string& method, const Json& params) {
  if (stage_ == Stage::Fresh && method != "initialize") {
    return reply(id, refuse(Refusal::kNotInitialized, "`initialize` comes first"));
  }
  if (stage_ == Stage::ShutDown) {
    return reply(id, refuse(Refusal::kInvalidRequest, "the server was shut down"));
  }
  reply(id, answer(method, params));
}

Answer Server::answer(const std::string& method, const Json& params) {
  if (method == "initialize") return initialize(params);
  if (method == "shutdown") {
    stage_ = Stage::ShutDown;
    return Json();
  }
  if (method == "workspace/symbol")
    return workspace_symbols(workspace_, text_field(params, "query").value_or(""));
  if (method == "mig/libraryText") return library_text(params);
  if (method == "mig/explain") return explanation(params);
  const bool is_known =
      std::ranges::find(kPlaceMethods, method, &PlaceMethod::name) != kPlaceMethods.end() ||
      std::ranges::find(kOtherMethods, method) != kOtherMethods.end();
  if (!is_known) {
    return refuse(Refusal::kMethodNotFound, fmt::format("there is no method `{}`", method));
  }
  return answer_about(method, params);
}

Answer Server::answer_about(const std::string& method, const Json& params) {
  const auto path = document_path(params);
  if (!path || !workspace_.documents().contains(*path))
    return refuse(Refusal::kInvalidParams, "no open document is named");
  const Snapshot& snapshot = workspace_.snapshot(*path);
  if (!snapshot.is_readable()) return Json();
  Place place{workspace_, snapshot};
  const auto position = position_field(params, "position");
  if (position) {
    place.offset = static_cast<std::uint32_t>(
        offset_at(snapshot.text(), *position, workspace_.client.encoding));
  }
  static const Json kAnywhere = Json::object();
  const Json* range = field_of(params, "range");
  const Json& asked = range == nullptr ? kAnywhere : *range;
  if (method == "textDocument/codeAction") return code_actions(place, asked);
  if (method == "textDocument/inlayHint") return inlay_hints(place, asked);
  const auto* simple = std::ranges::find(kPlaceMethods, method, &PlaceMethod::name);
  const bool is_simple = simple != kPlaceMethods.end();
  const bool needs_position = !is_simple || simple->has_position;
  if (needs_position && !position) return refuse(Refusal::kInvalidParams, "no position is named");
  if (is_simple) return simple->answer(place);
  if (method == "textDocument/references") {
    const Json* context = field_of(params, "context");
    const auto with =
        context == nullptr ? std::nullopt : truth_field(*context, "includeDeclaration");
    return references(place, with.value_or(true));
  }
  const auto name = text_field(params, "newName");
  if (!name) return refuse(Refusal::kInvalidParams, "no new name is given");
  return rename(place, *name);
}

Answer Server::initialize(const Json& params) {
  if (stage_ != Stage::Fresh) {
    return refuse(Refusal::kInvalidRequest, "the server was initialized before");
  }
  stage_ = Stage::Running;
  workspace_.client = client_of(params);
  workspace_.folders = folders_of(params);
  return Json{{"capabilities", capabilities(workspace_.client)},
              {"serverInfo", {{"name", "mig"}, {"version", MIG_VERSION}}}};
}

void Server::take_notification(const std::string& method, const Json& params) {
  if (method == "exit") {
    exit_ = stage_ == Stage::ShutDown ? 0 : 1;
  } else if (stage_ != Stage::Running) {
    return;
  } else if (method == "textDocument/didOpen") {
    did_open(params);
  } else if (method == "textDocument/didChange") {
    did_change(params);
  } else if (method == "textDocument/didClose") {
    did_close(params);
  } else if (method == "workspace/didChangeWatchedFiles") {
    const Json* changes = field_of(params, "changes");
    if (changes == nullptr || !changes->is_array()) return;
    for (const Json& change : *changes) {
      const auto uri = text_field(change, "uri");
      const auto path = uri ? path_of(*uri) : std::nullopt;
      if (path) workspace_.forget(*path);
    }
  }
}

void Server::did_open(const Json& params) {
  const auto path = document_path(params);
  if (!path) return;
  const Json& document = *field_of(params, "textDocument");
  auto uri = text_field(document, "uri");
  auto text = text_field(document, "text");
  if (!uri || !text) return;
  const std::int64_t version = number_field(document, "version").value_or(0);
  workspace_.open(*path, Document{std::move(*uri), version, std::move(*text)});
}

void Server::did_change(const Json& params) {
  const auto path = document_path(params);
  const Json* changes = field_of(params, "contentChanges");
  if (!path || changes == nullptr || !changes->is_array()) return;
  const auto open = workspace_.documents().find(*path);
  if (open == workspace_.documents().end()) return;
  Document document = open->second;
  document.version = number_field(*field_of(params, "textDocument"), "version").value_or(0);
  for (const Json& change : *changes) {
    auto text = text_field(change, "text");
    if (!text) continue;
    const Json* range = field_of(change, "range");
    const auto start = range == nullptr ? std::nullopt : position_field(*range, "start");
    const auto end = range == nullptr ? std::nullopt : position_field(*range, "end");
    if (!start || !end) {
      if (range == nullptr) document.text = std::move(*text);
      continue;
    }
    const std::size_t first = offset_at(document.text, *start, workspace_.client.encoding);
    const std::size_t last = offset_at(document.text, *end, workspace_.client.encoding);
    if (first <= last) document.text.replace(first, last - first, *text);
  }
  workspace_.open(*path, std::move(document));
}

void Server::did_close(const Json& params) {
  if (const auto path = document_path(params)) workspace_.close(*path);
}

void Server::publish() {
  if (stage_ != Stage::Running) return;
  for (Json& params : published_.news(workspace_)) {
    send_(Json{{"jsonrpc", "2.0"},
               {"method", "textDocument/publishDiagnostics"},
               {"params", std::move(params)}});
  }
}

}  // namespace mig::cli::lsp
