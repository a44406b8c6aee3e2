// Finds the name that somebody probably meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mig::compiler {

// The candidate nearest to `written`, when it is near enough to be a slip: by edits and swapped
// neighbours (optimal string alignment), at most a third of the letters.
std::optional<std::string> nearest(std::string_view written,
                                   const std::vector<std::string>& candidates);

// `did you mean `x`?` for the nearest candidate, or an empty text.
std::string did_you_mean(std::string_view written, const std::vector<std::string>& candidates);

// `a store`, `an entity`.
std::string with_article(std::string_view noun);

}  // namespace mig::compiler
