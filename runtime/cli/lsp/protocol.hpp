// The few shapes that nearly every message of the language server protocol has, and reading of
// messages that may hold anything.
//
// Used by every answer. A field that is missing or of another type is absent; nothing throws.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "grammar/source.hpp"
#include "runtime/cli/lsp/text_position.hpp"

namespace mig::cli::lsp {

using Json = nlohmann::json;

// Why a request has no answer, by the protocol's own codes.
struct Refusal {
  static constexpr int kParseError = -32700;
  static constexpr int kInvalidRequest = -32600;
  static constexpr int kMethodNotFound = -32601;
  static constexpr int kInvalidParams = -32602;
  static constexpr int kNotInitialized = -32002;
  static constexpr int kRequestFailed = -32803;

  int code = kRequestFailed;
  std::string message;
};

// The field of an object; null where there is none.
const Json* field_of(const Json& object, std::string_view name);
std::optional<std::string> text_field(const Json& object, std::string_view name);
std::optional<bool> truth_field(const Json& object, std::string_view name);
// A number of at most 31 bits and no sign.
std::optional<std::uint32_t> number_field(const Json& object, std::string_view name);

// `{ "line": 3, "character": 4 }`
std::optional<TextPosition> position_field(const Json& object, std::string_view name);

Json range_of(std::string_view text, std::size_t begin, std::size_t end, Encoding encoding);
// REQUIRES: `text` is the file of the span.
Json range_of(std::string_view text, const syntax::Span& span, Encoding encoding);

// Text for people, in Markdown.
Json markdown(std::string_view text);
// ```` ```mig … ``` ````
std::string code_block(std::string_view code);

}  // namespace mig::cli::lsp
