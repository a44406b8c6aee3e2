#include "runtime/cli/lsp/text_position.hpp"

#include <algorithm>

namespace mig::cli::lsp {
namespace {

// Of the character that begins with that byte.
std::size_t bytes_of(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::uint32_t units_of(char lead, Encoding encoding) {
  const std::size_t bytes = bytes_of(lead);
  if (encoding == Encoding::Utf8) return static_cast<std::uint32_t>(bytes);
  return bytes == 4 ? 2 : 1;  // two halves of a pair
}

// Where the line that begins at `begin` ends, without its line end.
std::size_t end_of_line(std::string_view text, std::size_t begin) {
  return std::min(text.find_first_of("\r\n", begin), text.size());
}

// Where the next line begins. REQUIRES: `end` is the end of a line, and not of the text.
std::size_t next_line(std::string_view text, std::size_t end) {
  return text.substr(end).starts_with("\r\n") ? end + 2 : end + 1;
}

}  // namespace

TextPosition position_at(std::string_view text, std::size_t offset, Encoding encoding) {
  offset = std::min(offset, text.size());
  TextPosition position;
  std::size_t begin = 0;
  std::size_t end = end_of_line(text, begin);
  while (end < text.size() && next_line(text, end) <= offset) {
    begin = next_line(text, end);
    end = end_of_line(text, begin);
    ++position.line;
  }
  for (std::size_t at = begin; at < end && at + bytes_of(text[at]) <= offset;) {
    position.character += units_of(text[at], encoding);
    at += bytes_of(text[at]);
  }
  return position;
}

std::size_t offset_at(std::string_view text, const TextPosition& position, Encoding encoding) {
  std::size_t begin = 0;
  std::size_t end = end_of_line(text, begin);
  for (std::uint32_t line = 0; line < position.line; ++line) {
    if (end == text.size()) return text.size();
    begin = next_line(text, end);
    end = end_of_line(text, begin);
  }
  std::size_t at = begin;
  for (std::uint32_t units = 0; at < end;) {
    units += units_of(text[at], encoding);
    if (units > position.character) break;
    at += bytes_of(text[at]);
  }
  return std::min(at, end);
}

}  // namespace mig::cli::lsp
