// Places in a text as the language server protocol counts them: lines from 0, and in a line the
// units of the encoding that client and server have agreed on.
//
// Used wherever a request names a place or an answer shows one. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace mig::cli::lsp {

enum class Encoding { Utf8, Utf16 };

struct TextPosition {
  std::uint32_t line = 0;
  std::uint32_t character = 0;
  constexpr auto operator<=>(const TextPosition&) const = default;
};

// A line ends with LF, CR LF or CR. REQUIRES: `text` is UTF-8. An offset inside a character counts
// as its beginning, one behind the text as its end.
TextPosition position_at(std::string_view text, std::size_t offset, Encoding encoding);

// What lies behind the end of its line is that end, and behind the last line the end of the text. A
// unit inside a character is the beginning of it.
std::size_t offset_at(std::string_view text, const TextPosition& position, Encoding encoding);

}  // namespace mig::cli::lsp
