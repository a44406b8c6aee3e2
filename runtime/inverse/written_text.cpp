#include "runtime/inverse/written_text.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "runtime/inverse/made_up_texts.hpp"

namespace mig::runtime {
namespace {

std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  switch (character.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    case 3:
      return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    default:
      return (byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U |
             (byte(3) & 0x3FU);
  }
}

// Control characters, blanks that are no blank, marks that fall together with the letter before.
bool is_unseen(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0xA0) || (point >= 0x300 && point <= 0x36F) ||
         (point >= 0x200B && point <= 0x200F);
}

}  // namespace

std::string written_text(std::string_view text) {
  std::string written;
  for (const std::string_view character : characters_of(text)) {
    if (character == "\"" || character == "\\") {
      written += '\\';
      written += character;
    } else if (character == "\n") {
      written += "\\n";
    } else if (character == "\t") {
      written += "\\t";
    } else if (is_unseen(code_point(character))) {
      written += fmt::format("\\u{{{:x}}}", code_point(character));
    } else {
      written += character;
    }
  }
  return written;
}

}  // namespace mig::runtime
