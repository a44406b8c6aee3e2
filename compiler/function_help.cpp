#include "compiler/function_help.hpp"

namespace mig::compiler {

const std::vector<FunctionHelp>& function_help() {
  static const std::vector<FunctionHelp> kHelp = {
#define FUNCTION_HELP(name, form, about) FunctionHelp{name, form, about},
#include "compiler/function_help.def"
#undef FUNCTION_HELP
  };
  return kHelp;
}

}  // namespace mig::compiler
