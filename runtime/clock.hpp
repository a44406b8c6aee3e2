// Time, as everything in the runtime sees it. Nothing else reads the system's clocks.
//
// `now` is wall time for people and for holds that outlive a process; `elapsed` never steps and
// counts suspended time, so leases are judged by it. Thread-safe.
#pragma once

#include <chrono>
#include <string>

namespace mig::runtime {

// UTC, microseconds: what journals, routing documents and messages carry.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  // Since some fixed moment of this boot (CLOCK_BOOTTIME).
  virtual Duration elapsed() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  Duration elapsed() const override;
};

// `2026-11-22T15:00:00.000000Z`: sorts as text, parses everywhere.
std::string print(Instant at);

}  // namespace mig::runtime
