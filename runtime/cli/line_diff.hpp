// The difference of two texts as a unified diff. Used by `mig fmt --diff`.
#pragma once

#include <string>
#include <string_view>

namespace mig::cli {

// Empty when the texts are equal. `path` names both sides.
std::string line_diff(std::string_view path, std::string_view before, std::string_view after);

}  // namespace mig::cli
