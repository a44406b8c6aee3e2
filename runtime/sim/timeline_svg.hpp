// The picture of a simulated run: phases, gates, and who answers, over time. Used by the page.
//
// Time is not drawn to scale: a week of holding is wider than a minute of copying, and not ten
// thousand times as wide. The labels say the true time. Pure.
#pragma once

#include <string>
#include <string_view>

#include "compiler/plan/plan.hpp"
#include "runtime/sim/report.hpp"

namespace mig::runtime::sim {

// One `<svg>` element; its colours are classes of the page.
std::string svg_timeline(const plan::Plan& plan, const Report& report);

}  // namespace mig::runtime::sim
