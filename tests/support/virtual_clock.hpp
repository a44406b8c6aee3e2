// Time that passes only when somebody waits: holds of weeks take no time in a test.
#pragma once

#include "runtime/clock.hpp"
#include "runtime/engine/executor.hpp"

namespace mig::test {

class VirtualClock final : public runtime::Clock {
 public:
  runtime::Instant now() const override { return now_; }
  // Stands still: leases are kept by beats, not by how far a wait leaps.
  runtime::Duration elapsed() const override { return std::chrono::seconds(1); }
  void leap_to(runtime::Instant at) {
    if (at > now_) now_ = at;
  }

 private:
  runtime::Instant now_{std::chrono::seconds(1'800'000'000)};
};

class LeapingWaiter final : public runtime::Waiter {
 public:
  explicit LeapingWaiter(VirtualClock& clock) : clock_(clock) {}
  void wait(runtime::Instant until, runtime::Duration) override { clock_.leap_to(until); }

 private:
  VirtualClock& clock_;
};

}  // namespace mig::test
