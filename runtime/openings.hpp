// The moments at which a window of the plan is open: wall clocks of time zones as UTC.
//
// A time that a clock skips in spring is the moment at which it skips; one that it shows twice in
// autumn is meant the first time. The zones are the machine's own (tzdata); no global state is
// touched, and every function may be called from any thread.
#pragma once

#include <optional>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

// Permanent where this machine does not know the zone of one of the plan's windows.
Result<void> check_zones(const plan::Plan& plan);

// The first moment, `now` or later, at which the window is open and stays so for `needed` and its
// reserve. Nothing: there is none any more.
Result<std::optional<Instant>> next_use(const plan::Window& window, Instant now, Duration needed);

// Until when the window is open that is open at `at`, less its reserve; `at` where none is.
Result<Instant> end_of_use(const plan::Window& window, Instant at);

}  // namespace mig::runtime
