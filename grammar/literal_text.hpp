// Decodes the texts of a .mig file: what stands between the quotes, as the author meant it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mig::syntax {

struct DecodedText {
  // Bytes [begin, end) of the raw literal.
  struct Mistake {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::string message;
    std::string help;
  };
  std::string value;
  std::vector<Mistake> mistakes;
};

// `raw` includes its quotes; the closing one may be missing.
DecodedText decode_text(std::string_view raw);

// `raw` begins with `"""`; the indentation of the closing one is removed from each line, and so is
// the line end before it. Escapes mean what they mean in any text.
DecodedText decode_block_text(std::string_view raw);

// The literal `"…"` that decodes to `value`.
std::string quote_text(std::string_view value);

}  // namespace mig::syntax
