// What INFO answers: lines `name:value`. For the adapters of Redis. Pure; any thread.
#pragma once

#include <algorithm>
#include <string_view>

namespace mig::runtime {

// Empty where there is no such line.
inline std::string_view info_value(std::string_view info, std::string_view name) {
  std::size_t at = 0;
  while (at < info.size()) {
    const std::size_t end = std::min(info.find("\r\n", at), info.size());
    const std::string_view line = info.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      return line.substr(name.size() + 1);
    }
    at = end + 2;
  }
  return {};
}

}  // namespace mig::runtime
