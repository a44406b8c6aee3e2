#include "compiler/plan/expr.hpp"

#include <array>

namespace mig::plan {

std::string_view name(Function function) {
  static constexpr std::array kNames = {
#define FUNCTION(enumerator, language_name) std::string_view(language_name),
#include "compiler/plan/functions.def"
#undef FUNCTION
  };
  return kNames.at(static_cast<std::size_t>(function));
}

}  // namespace mig::plan
