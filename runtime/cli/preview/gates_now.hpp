// What the gates of a plan would say now, before anything runs. Reads only.
#pragma once

#include <filesystem>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/cli/preview/document.hpp"
#include "runtime/result.hpp"

namespace mig::cli {

// One look at each gate, in the plan's order. A comparison of the sides is not taken for it.
runtime::Result<std::vector<ShownGate>> gates_now(const plan::Plan& plan,
                                                  const std::filesystem::path& folder);

// Where nobody looks: the conditions alone.
std::vector<ShownGate> gates_unseen(const plan::Plan& plan);

}  // namespace mig::cli
