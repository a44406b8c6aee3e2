#include "grammar/literal_text.hpp"

#include <charconv>

namespace mig::syntax {

namespace {

constexpr std::string_view kTriple = "\"\"\"";

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | (point >> 6U));
    put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3FU));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
}

// Decodes `\u{…}` at `at` of `raw`; returns the offset behind it.
std::size_t decode_point(std::string_view raw, std::size_t at, std::size_t end,
                         DecodedText& decoded) {
  const std::size_t close = raw.substr(0, end).find_first_of("}\"\n", at);
  std::uint32_t point = 0;
  if (at + 3 < end && raw[at + 2] == '{' && close != std::string_view::npos && raw[close] == '}') {
    const char* last = raw.data() + close;
    const auto read = std::from_chars(raw.data() + at + 3, last, point, 16);
    const bool is_scalar = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    if (read.ec == std::errc{} && read.ptr == last && is_scalar) {
      append_utf8(decoded.value, point);
      return close + 1;
    }
  }
  decoded.mistakes.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 2),
                              "this is no character",
                              "write its number in hexadecimal, such as `\\u{e9}`"});
  return at + 2;
}

void decode_escapes(std::string_view raw, std::size_t at, std::size_t end, DecodedText& decoded) {
  while (at < end) {
    if (raw[at] != '\\' || at + 1 >= end) {
      decoded.value.push_back(raw[at++]);
      continue;
    }
    const char escaped = raw[at + 1];
    if (escaped == 'u') {
      at = decode_point(raw, at, end, decoded);
      continue;
    }
    std::size_t length = 2;
    if (escaped == 'n') {
      decoded.value.push_back('\n');
    } else if (escaped == 't') {
      decoded.value.push_back('\t');
    } else if (escaped == '"' || escaped == '\\') {
      decoded.value.push_back(escaped);
    } else {
      while (at + length < end && (static_cast<unsigned char>(raw[at + length]) & 0xC0U) == 0x80U)
        ++length;
      decoded.mistakes.push_back(
          {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + length),
           "unknown escape in a text",
           "there are `\\n`, `\\t`, `\\\"`, `\\\\` and `\\u{…}`; a backslash is `\\\\`"});
    }
    at += length;
  }
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

DecodedText decode_text(std::string_view raw) {
  DecodedText decoded;
  std::size_t end = raw.size();
  if (end > 1 && raw.back() == '"') --end;
  decode_escapes(raw, 1, end, decoded);
  return decoded;
}

DecodedText decode_block_text(std::string_view raw) {
  DecodedText decoded;
  const std::size_t first_line = raw.find('\n');
  const bool is_closed = raw.size() >= 6 && raw.ends_with(kTriple);
  const std::size_t end = is_closed ? raw.size() - 3 : raw.size();
  if (first_line == std::string_view::npos || first_line >= end ||
      !is_blank(raw.substr(3, first_line - 3))) {
    decoded.mistakes.push_back({0, 3, "a block text begins on the line after `\"\"\"`",
                                "write a text of one line as `\"…\"`"});
    return decoded;
  }
  const std::size_t last_line = raw.substr(0, end).rfind('\n') + 1;
  const std::string_view indentation = raw.substr(last_line, end - last_line);
  if (is_closed && !is_blank(indentation)) {
    decoded.mistakes.push_back({static_cast<std::uint32_t>(end),
                                static_cast<std::uint32_t>(raw.size()),
                                "the closing `\"\"\"` of a block text stands on its own line",
                                "its indentation is removed from each line"});
    return decoded;
  }
  for (std::size_t at = first_line + 1; at < last_line;) {
    std::size_t stop = raw.find('\n', at);
    const std::size_t next = stop + 1;
    if (stop > at && raw[stop - 1] == '\r') --stop;
    const std::string_view line = raw.substr(at, stop - at);
    if (at != first_line + 1) decoded.value.push_back('\n');
    if (line.starts_with(indentation)) {
      decode_escapes(raw, at + indentation.size(), stop, decoded);
    } else if (!is_blank(line)) {
      decoded.mistakes.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(stop),
                                  "this line is indented less than the closing `\"\"\"`",
                                  "indent it at least as far, with the same spaces"});
    }
    at = next;
  }
  return decoded;
}

std::string quote_text(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else {
      if (c == '"' || c == '\\') quoted.push_back('\\');
      quoted.push_back(c);
    }
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace mig::syntax
