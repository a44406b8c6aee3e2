#include "runtime/cli/run_id.hpp"

#include <algorithm>
#include <random>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace mig::cli {

std::string new_run_id(const std::string& plan, runtime::Instant now) {
  std::string name = plan;
  std::ranges::replace(name, '_', '-');
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  std::random_device random;
  return fmt::format("{}-{:%Y%m%d-%H%M%S}-{:04x}", name,
                     fmt::gmtime(seconds.time_since_epoch().count()), random() & 0xFFFFU);
}

}  // namespace mig::cli
