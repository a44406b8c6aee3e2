#include "compiler/diagnostics/screen_text.hpp"

#include <algorithm>
#include <cstdint>

namespace mig::compiler {

namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Characters that take two columns, and those that take none; the ranges that plans are likely to
// hold, not all of Unicode.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};
constexpr Range kNarrowest[] = {
    {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};

template <std::size_t N>
bool holds(const Range (&ranges)[N], std::uint32_t point) {
  return std::ranges::any_of(
      ranges, [&](const Range& range) { return point >= range.first && point <= range.last; });
}

}  // namespace

ScreenText on_screen(std::string_view source) {
  ScreenText screen;
  for (std::size_t at = 0; at < source.size();) {
    const auto lead = static_cast<unsigned char>(source[at]);
    if (lead == '\t') {
      screen.text.append(kTabColumns, ' ');
      screen.columns += kTabColumns;
      ++at;
      continue;
    }
    const std::size_t wanted = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t point = wanted == 1 ? lead : lead & (0xFFU >> (wanted + 1));
    std::size_t length = 1;
    while (length < wanted && at + length < source.size() &&
           (static_cast<unsigned char>(source[at + length]) & 0xC0U) == 0x80U) {
      point = (point << 6U) | (static_cast<unsigned char>(source[at + length]) & 0x3FU);
      ++length;
    }
    const bool is_broken = length < wanted || (lead >= 0x80 && lead < 0xC2) || lead > 0xF4;
    if (point < 0x20 || point == 0x7F || is_broken) {
      screen.text += "\xEF\xBF\xBD";  // the replacement character
      screen.columns += 1;
    } else {
      screen.text += source.substr(at, length);
      screen.columns += holds(kWide, point) ? 2 : holds(kNarrowest, point) ? 0 : 1;
    }
    at += length;
  }
  return screen;
}

}  // namespace mig::compiler
