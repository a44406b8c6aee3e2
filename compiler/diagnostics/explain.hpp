// The long form of each code: what is wrong and why it matters, an example that is wrong, and the
// same one put right. Written in explanations/CODE.md and compiled in; `mig explain` prints it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace mig::compiler {

struct Explanation {
  std::string_view code;
  std::string_view text;   // the whole page
  std::string_view title;  // its first line
  std::string_view wrong;  // a complete .mig file that is reported with this code
  std::string_view right;  // the same, and not reported
};

std::optional<Explanation> explain(std::string_view code);

// In the order of their codes.
std::vector<Explanation> all_explanations();

}  // namespace mig::compiler
