// Which rows a sampled comparison looks at: chosen by their keys, so the same ones on both sides,
// and the same ones every time. Pure; any thread.
#pragma once

#include <string_view>

#include "compiler/plan/units.hpp"

namespace mig::runtime {

// `code`: a row's key in key code.
bool is_in_sample(std::string_view code, plan::Ratio sample);

}  // namespace mig::runtime
