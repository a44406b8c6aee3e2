#include "runtime/data/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace mig::runtime {
namespace {

// Bytes of the well-formed code point at the front; 0 when there is none.
std::size_t code_point_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;   // a longer form than needed
    if (lead == 0xed && byte(1) >= 0xa0) return 0;  // a surrogate
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xf0 && byte(1) < 0x90) return 0;   // a longer form than needed
    if (lead == 0xf4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

}  // namespace

std::optional<std::size_t> count_code_points(std::string_view text) {
  constexpr std::uint64_t kNotAscii = 0x8080808080808080;
  std::size_t count = 0;
  for (std::uint64_t eight = 0; text.size() >= sizeof eight; text.remove_prefix(sizeof eight)) {
    std::memcpy(&eight, text.data(), sizeof eight);
    if ((eight & kNotAscii) != 0) break;
    count += sizeof eight;
  }
  for (; !text.empty(); ++count) {
    const std::size_t size = code_point_size(text);
    if (size == 0) return std::nullopt;
    text.remove_prefix(size);
  }
  return count;
}

}  // namespace mig::runtime
