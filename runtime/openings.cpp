#include "runtime/openings.hpp"

#include <algorithm>
#include <date/tz.h>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

struct Opening {
  Instant from;
  Instant until;
};

// Every weekly opening comes at least once in so many days, even beside a week in which a clock
// skips it.
constexpr int kDaysAhead = 15;

Result<const date::time_zone*> zone_named(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return fail(ErrorKind::Permanent, fmt::format("this machine knows no time zone `{}`", name),
                "correct its name, or install the package tzdata");
  }
}

Instant moment(const date::time_zone& zone, date::local_days day, Duration time) {
  const auto local = day + std::chrono::floor<std::chrono::microseconds>(time);
  return Instant(zone.to_sys(local, date::choose::earliest).time_since_epoch());
}

Result<void> add_weekly(const plan::Window& window, Instant around, std::vector<Opening>& all) {
  if (window.weekly.empty()) return {};
  MIG_ASSIGN(zone, zone_named(window.zone));
  const date::sys_time<std::chrono::microseconds> utc(around.time_since_epoch());
  const auto today = date::floor<date::days>(zone->to_local(utc));
  // A night that began yesterday may still go on.
  for (int ahead = -2; ahead <= kDaysAhead; ++ahead) {
    const date::local_days day = today + date::days(ahead);
    const unsigned weekday = date::weekday(day).iso_encoding();
    for (const plan::Weekly& weekly : window.weekly) {
      if (!weekly.has_day(weekday)) continue;
      const date::local_days last = weekly.is_over_midnight() ? day + date::days(1) : day;
      all.push_back({moment(*zone, day, weekly.opens), moment(*zone, last, weekly.closes)});
    }
  }
  return {};
}

// In order, none touching another: whoever works over the seam of two openings does not stop there.
Result<std::vector<Opening>> openings(const plan::Window& window, Instant around) {
  std::vector<Opening> all;
  MIG_TRY(add_weekly(window, around, all));
  for (const plan::Once& once : window.once) {
    all.push_back({Instant(std::chrono::microseconds(once.opens)),
                   Instant(std::chrono::microseconds(once.closes))});
  }
  std::erase_if(all, [](const Opening& one) { return one.until <= one.from; });
  std::ranges::sort(all, {}, &Opening::from);
  std::vector<Opening> merged;
  for (const Opening& one : all) {
    if (!merged.empty() && one.from <= merged.back().until) {
      merged.back().until = std::max(merged.back().until, one.until);
    } else {
      merged.push_back(one);
    }
  }
  return merged;
}

Instant::duration to_micros(Duration duration) {
  return std::chrono::ceil<Instant::duration>(duration);
}

}  // namespace

Result<void> check_zones(const plan::Plan& plan) {
  for (const plan::Phase& phase : plan.phases) {
    if (!phase.window || phase.window->weekly.empty()) continue;
    MIG_TRY(zone_named(phase.window->zone));
  }
  return {};
}

Result<std::optional<Instant>> next_use(const plan::Window& window, Instant now, Duration needed) {
  MIG_ASSIGN(all, openings(window, now));
  for (const Opening& one : all) {
    const Instant from = std::max(now, one.from);
    const Instant end = one.until - to_micros(window.reserve);
    // Some time has to be left, even for what needs none.
    if (from < end && from + to_micros(needed) <= end) return std::optional(from);
  }
  return std::optional<Instant>();
}

Result<Instant> end_of_use(const plan::Window& window, Instant at) {
  MIG_ASSIGN(all, openings(window, at));
  for (const Opening& one : all) {
    if (one.from <= at && at < one.until) return one.until - to_micros(window.reserve);
  }
  return at;
}

}  // namespace mig::runtime
