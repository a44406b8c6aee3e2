#include "runtime/sim/timeline.hpp"
namespace mig::runtime::sim {
std::string html_timeline(const plan::Plan& plan, const Report& report) { return plan.name + report.detail; }
}
