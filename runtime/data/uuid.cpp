#include "runtime/data/uuid.hpp"

#include <cassert>

namespace mig::runtime {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kTextSize = 36;

bool is_dash_place(std::size_t place) {
  return place == 8 || place == 13 || place == 18 || place == 23;
}

}  // namespace

std::optional<std::string> parse_uuid(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  std::string bytes;
  std::size_t half = 0;  // the first digit of a byte, once read
  bool has_half = false;
  for (std::size_t place = 0; place < kTextSize; ++place) {
    if (is_dash_place(place)) {
      if (text[place] != '-') return std::nullopt;
      continue;
    }
    const auto digit = kDigits.find(text[place]);
    if (digit == std::string_view::npos) return std::nullopt;
    if (has_half) bytes += static_cast<char>(half * 16 + digit);
    half = digit;
    has_half = !has_half;
  }
  assert(bytes.size() == 16);
  return bytes;
}

std::string print_uuid(std::string_view bytes) {
  assert(bytes.size() == 16);
  std::string text;
  for (const char byte : bytes) {
    if (is_dash_place(text.size())) text += '-';
    text += kDigits[static_cast<unsigned char>(byte) / 16];
    text += kDigits[static_cast<unsigned char>(byte) % 16];
  }
  return text;
}

}  // namespace mig::runtime
