#include "runtime/cli/refused_plan.hpp"

#include <fmt/format.h>

#include "compiler/plan/carried_out.hpp"

namespace mig::cli {

// The plan is right, so it is no mistake in it (1), and no flag (64): like a plan that a newer
// version began, it is one that this version does not take (3).
std::optional<ExitCode> refused(const plan::Plan& plan) {
  const auto missing = not_carried_out(plan);
  if (missing.empty()) return std::nullopt;
  fmt::print(stderr, "mig: this version of mig cannot carry out `{}`, so nothing was started\n",
             plan.name);
  for (const plan::NotCarriedOut& one : missing)
    fmt::print(stderr, "     {}\n", print(one));
  fmt::print(stderr,
             "     `mig check` and `mig graph` go on reading it; take out what is listed, or "
             "apply it with a version that has it\n");
  return ExitCode::Refused;
}

}  // namespace mig::cli
