// The functions of expressions as people read about them: what they take, give and do.
//
// Used by the language reference and by editors. Constant data; any thread.
#pragma once

#include <string_view>
#include <vector>

namespace mig::compiler {

struct FunctionHelp {
  std::string_view name;
  std::string_view form;
  std::string_view about;
};

const std::vector<FunctionHelp>& function_help();

}  // namespace mig::compiler
