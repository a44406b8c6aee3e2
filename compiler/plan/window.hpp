// When the steps of a phase may run.
//
// The times of an opening that comes every week are those of a wall clock in the window's zone. A
// night belongs to the day on which it starts. Plain data; what moments they are, the runtime says
// (runtime/openings.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/units.hpp"

namespace mig::plan {

// `fri..mon 22:00..04:00`. It closes on the next day where it does not close after it opens.
struct Weekly {
  std::uint8_t first_day = 1;         // 1 is Monday, 7 is Sunday
  std::uint8_t last_day = 7;          // before the first one: over the end of the week
  Duration opens = Duration::zero();  // since midnight
  Duration closes = Duration::zero();
  bool operator==(const Weekly&) const = default;

  bool has_day(unsigned day) const {
    return first_day <= last_day ? first_day <= day && day <= last_day
                                 : day >= first_day || day <= last_day;
  }
  bool is_over_midnight() const { return closes <= opens; }
};

struct Once {
  std::int64_t opens = 0;  // microseconds since 1970, UTC
  std::int64_t closes = 0;
  bool operator==(const Once&) const = default;
};

enum class AtEnd : std::uint8_t {
  Pause,     // what is not done goes on in the next opening
  Rollback,  // a phase that began and is not done by then takes the run back
};

// Open whenever one of them is.
struct Window {
  std::vector<Weekly> weekly;
  std::vector<Once> once;
  std::string zone;                     // of the weekly ones, such as `Europe/Berlin`
  Duration reserve = Duration::zero();  // before the end, in which nothing is begun any more
  AtEnd at_end = AtEnd::Pause;
  bool operator==(const Window&) const = default;
};

// Of the longest opening by the clock, less the reserve.
Duration longest_use(const Window& window);

// `mon..thu 22:00..04:00 Europe/Berlin, the last 10m in reserve`
std::string print(const Window& window);

}  // namespace mig::plan
