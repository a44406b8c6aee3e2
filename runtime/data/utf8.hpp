// UTF-8 as every store of ours takes it: shortest forms only, no surrogates, up to U+10FFFF.
// Pure; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace mig::runtime {

// Nothing when the text is no UTF-8.
std::optional<std::size_t> count_code_points(std::string_view text);

}  // namespace mig::runtime
