#include "runtime/cli/wrapped.hpp"

#include <cassert>

namespace mig::cli {
namespace {

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// The first `width` code points, as bytes.
std::size_t bytes_of(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  for (std::size_t points = 0; at < text.size() && points < width; ++points) {
    ++at;
    while (at < text.size() && continues(text[at]))
      ++at;
  }
  return at;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  assert(width > 0);
  std::vector<std::string> lines;
  while (true) {
    const std::size_t most = bytes_of(text, width);
    if (most == text.size()) break;
    // The blank itself may stand right behind the last column.
    const std::size_t blank = text.substr(0, most + 1).rfind(' ');
    const bool has_blank = blank != std::string_view::npos && blank > 0;
    const std::size_t end = has_blank ? blank : most;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(has_blank ? end + 1 : end);
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace mig::cli
