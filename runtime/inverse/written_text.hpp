// A text as the language writes it, so that it can be copied into a plan: what a screen would not
// show, or would show as something else, is written as `\u{…}`. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace mig::runtime {

// Without the quotes. REQUIRES: UTF-8.
std::string written_text(std::string_view text);

}  // namespace mig::runtime
