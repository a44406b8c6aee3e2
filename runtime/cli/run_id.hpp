// The name of a new run.
#pragma once

#include <string>

#include "runtime/clock.hpp"

namespace mig::cli {

// `split-users-20261122-150000-4f1c`: what it is, when it began, and no two alike.
std::string new_run_id(const std::string& plan, runtime::Instant now);

}  // namespace mig::cli
