// The texts of the library that is written in the language itself, as data.
//
// They belong to the edition of the language that each of them names in its first line, and are
// compiled in, so that one binary gives one plan. Used by library.cpp.
#pragma once

#include <string_view>
#include <vector>

namespace mig::compiler {

struct LibraryText {
  std::string_view module;  // `std.traffic`
  std::string_view name;    // of the strategy that it declares
  std::string_view path;    // in the sources of this program, as diagnostics show it
  std::string_view text;
};

const std::vector<LibraryText>& standard_library();

}  // namespace mig::compiler
