#include "runtime/amounts.hpp"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace mig::runtime {

std::string rounded(plan::Duration length) {
  using Unit = std::pair<plan::Duration, std::string_view>;
  static constexpr std::array<Unit, 4> kUnits = {
      Unit{std::chrono::hours(24), "d"}, Unit{std::chrono::hours(1), "h"},
      Unit{std::chrono::minutes(1), "m"}, Unit{std::chrono::seconds(1), "s"}};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const auto& [unit, letter] = kUnits[i];
    if (length < unit) continue;
    std::string text = fmt::format("{}{}", length / unit, letter);
    if (i + 1 == kUnits.size()) return text;
    const auto rest = (length % unit) / kUnits[i + 1].first;
    if (rest > 0) text += fmt::format(" {}{}", rest, kUnits[i + 1].second);
    return text;
  }
  return length == plan::Duration::zero() ? "0s" : plan::print(length);
}

std::string size(std::int64_t bytes) {
  static constexpr std::array<std::string_view, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  std::int64_t whole = bytes;
  std::int64_t tenths = 0;
  std::size_t unit = 0;
  while (whole >= 1000 && unit + 1 < kUnits.size()) {
    tenths = whole % 1000 / 100;
    whole /= 1000;
    ++unit;
  }
  if (unit == 0 || whole >= 10) return fmt::format("{} {}", whole, kUnits[unit]);
  return fmt::format("{}.{} {}", whole, tenths, kUnits[unit]);
}

}  // namespace mig::runtime
