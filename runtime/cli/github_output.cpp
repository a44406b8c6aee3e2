#include "runtime/cli/github_output.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "runtime/cli/session.hpp"

namespace mig::cli {

void report_to_ci(const Outputs& outputs) {
  const auto path = environment("GITHUB_OUTPUT");
  if (!path || path->empty()) return;
  std::ofstream out(*path, std::ios::app);
  for (const auto& [name, value] : outputs) {
    std::string line = value;
    std::ranges::replace(line, '\n', ' ');
    out << name << '=' << line << '\n';
  }
  out.flush();
  if (!out) fmt::print(stderr, "mig: {} cannot be written, so CI hears nothing of it\n", *path);
}

}  // namespace mig::cli
