// White space of ASCII: what `trim` and mailbox addresses take off both ends. Pure.
#pragma once

#include <string_view>

namespace mig::runtime {

inline bool is_white(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_white(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_white(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace mig::runtime
