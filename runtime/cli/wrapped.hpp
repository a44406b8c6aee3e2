// Text that is folded into lines of a limited width, for tables and sentences on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mig::cli {

// At least one line, none of them wider than `width` columns, broken at blanks where there are any.
// Nothing is left out. REQUIRES: width > 0.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace mig::cli
