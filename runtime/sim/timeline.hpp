// A simulated run as people read it: a timeline as text, one JSON object, a page.
//
// All three say the same; one report gives one output, byte for byte. Pure.
#pragma once

#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/sim/report.hpp"

namespace mig::runtime::sim {

// `+3d 04:12:30`: since the start of the run.
std::string since_start(const Report& report, plan::Micros at);
// `completed`, `rolled back`, …, `stuck`.
std::string ending_of(const Report& report);

// One line an event, at most 100 columns; what is longer goes on below.
std::string text_timeline(const plan::Plan& plan, const Report& report);
// One object: `plan`, `env`, `seed`, `started_at`, `ended_at`, `ending`, `expected`,
// `is_as_expected`, `unmet` (why not), `violation` (null, or `at`, `what`, `during`), `events`
// (`at` in seconds since the start, `kind`, `phase`, `step`, `text`), `spans` (`step`, `phase`,
// `direction`, `from`, `to`, `outcome`), `gates` (`gate`, `step`, `from`, `to`, `looks`, `verdict`,
// `values`), `routes` (`at`, `resource`, `reads_new` and `writes_new` in parts per 10^9,
// `is_stopped`), `counts` and `never_happened`.
std::string json_timeline(const plan::Plan& plan, const Report& report);
// A page that needs nothing else: no script, no font, no picture from elsewhere.
std::string html_timeline(const plan::Plan& plan, const Report& report);

}  // namespace mig::runtime::sim
