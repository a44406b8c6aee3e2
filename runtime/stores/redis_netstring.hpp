// Several texts as one, whatever bytes they hold: `3:abc,0:,`. For the control keys of Redis.
// Pure; any thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mig::runtime {

inline std::string pack(std::initializer_list<std::string_view> parts) {
  std::string packed;
  for (const std::string_view part : parts) {
    packed += std::to_string(part.size());
    packed += ':';
    packed += part;
    packed += ',';
  }
  return packed;
}

// Nothing where that is not what was packed.
inline std::optional<std::vector<std::string>> unpack(std::string_view packed, std::size_t parts) {
  std::vector<std::string> texts;
  while (!packed.empty()) {
    std::size_t size = 0;
    const char* const end = packed.data() + packed.size();
    const auto [colon, error] = std::from_chars(packed.data(), end, size);
    if (error != std::errc() || colon == end || *colon != ':') return std::nullopt;
    packed.remove_prefix(static_cast<std::size_t>(colon - packed.data()) + 1);
    if (size >= packed.size() || packed[size] != ',') return std::nullopt;
    texts.emplace_back(packed.substr(0, size));
    packed.remove_prefix(size + 1);
  }
  if (texts.size() != parts) return std::nullopt;
  return texts;
}

// Of a number that was printed into a part.
inline std::int64_t unpacked_number(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace mig::runtime
