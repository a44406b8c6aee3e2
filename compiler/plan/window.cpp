#include "compiler/plan/window.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace mig::plan {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr Duration kDay = std::chrono::days(1);

std::string time_of_day(Duration time) {
  return print(Quantity{Unit::TimeOfDay,
                        std::chrono::duration_cast<std::chrono::microseconds>(time).count()});
}

std::string print(const Weekly& weekly) {
  std::string days;
  if (weekly.first_day == weekly.last_day) {
    days = fmt::format("{} ", kDays.at(weekly.first_day - 1U));
  } else if (weekly.first_day != 1 || weekly.last_day != 7) {
    days = fmt::format("{}..{} ", kDays.at(weekly.first_day - 1U), kDays.at(weekly.last_day - 1U));
  }
  return fmt::format("{}{}..{}", days, time_of_day(weekly.opens), time_of_day(weekly.closes));
}

std::string print(const Once& once) {
  return fmt::format("{}..{}", print(Quantity{Unit::Timestamp, once.opens}),
                     print(Quantity{Unit::Timestamp, once.closes}));
}

}  // namespace

Duration longest_use(const Window& window) {
  Duration longest = Duration::zero();
  for (const Weekly& weekly : window.weekly) {
    const Duration next_day = weekly.is_over_midnight() ? kDay : Duration::zero();
    longest = std::max(longest, weekly.closes + next_day - weekly.opens);
  }
  for (const Once& once : window.once)
    longest = std::max<Duration>(longest, std::chrono::microseconds(once.closes - once.opens));
  return longest - window.reserve;
}

std::string print(const Window& window) {
  std::string text;
  const auto add = [&](const std::string& opening) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", opening);
  };
  for (const Weekly& weekly : window.weekly)
    add(print(weekly));
  for (const Once& once : window.once)
    add(print(once));
  if (!window.zone.empty()) text += " " + window.zone;
  if (window.reserve > Duration::zero())
    text += fmt::format(", the last {} in reserve", print(window.reserve));
  return text;
}

}  // namespace mig::plan
