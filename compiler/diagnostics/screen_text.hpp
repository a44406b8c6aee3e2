// A source line as a terminal shows it: which columns each byte takes. Used by the renderer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mig::compiler {

struct ScreenText {
  std::string text;         // tabs as spaces, control characters made visible
  std::size_t columns = 0;  // that it takes
};

inline constexpr std::size_t kTabColumns = 4;

ScreenText on_screen(std::string_view source);

}  // namespace mig::compiler
