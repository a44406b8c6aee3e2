#include "runtime/cli/refusal.hpp"

#include <fmt/format.h>

namespace mig::cli {

ExitCode refuse(ExitCode exit, const std::string& message, const std::string& help) {
  fmt::print(stderr, "mig: {}\n", message);
  if (!help.empty()) fmt::print(stderr, "     {}\n", help);
  return exit;
}

}  // namespace mig::cli
