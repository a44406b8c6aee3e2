#include "runtime/clock.hpp"

#include <ctime>

#include <fmt/chrono.h>

namespace mig::runtime {

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Duration SystemClock::elapsed() const {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::string print(Instant at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto micros = (at - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds.time_since_epoch().count()),
                     micros);
}

}  // namespace mig::runtime
