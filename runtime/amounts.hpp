// How much of something people are told: no more digits than they need. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "compiler/plan/units.hpp"

namespace mig::runtime {

// No more than the two greatest units, `7d 1h`.
std::string rounded(plan::Duration length);
// `412 MB`.
std::string size(std::int64_t bytes);

}  // namespace mig::runtime
