// When windows are open: nights, weekends, both changes of the clock in Berlin, and moments.
#include "runtime/openings.hpp"

#include <catch2/catch.hpp>

using namespace mig;
using namespace std::chrono_literals;
using runtime::Instant;

namespace {

// `2027-01-15T02:00`, UTC
Instant at(const char* text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  REQUIRE(std::sscanf(text, "%d-%d-%dT%d:%d", &year, &month, &day, &hour, &minute) == 5);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

plan::Window weekly(int first, int last, plan::Duration opens, plan::Duration closes,
                    const char* zone = "Europe/Berlin") {
  return plan::Window{.weekly = {{static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(last),
                                  opens, closes}},
                      .zone = zone};
}

std::string next(const plan::Window& window, const char* now, plan::Duration needed = 0s) {
  const auto use = runtime::next_use(window, at(now), needed);
  REQUIRE(use);
  return *use ? runtime::print(**use).substr(0, 16) : "never";
}

std::string end(const plan::Window& window, const char* now) {
  return runtime::print(runtime::end_of_use(window, at(now)).value()).substr(0, 16);
}

}  // namespace

TEST_CASE("openings: a night belongs to the day on which it starts") {
  // 2027-01-14 is a Thursday; Berlin is an hour ahead of UTC.
  const auto nights = weekly(1, 4, 22h, 4h);
  CHECK(next(nights, "2027-01-14T12:00") == "2027-01-14T21:00");
  CHECK(next(nights, "2027-01-14T21:00") == "2027-01-14T21:00");
  CHECK(next(nights, "2027-01-15T02:59") == "2027-01-15T02:59");
  CHECK(end(nights, "2027-01-15T02:59") == "2027-01-15T03:00");
  // Friday has no night of its own, and Monday's is the next one.
  CHECK(next(nights, "2027-01-15T03:00") == "2027-01-18T21:00");
  CHECK(next(nights, "2027-01-15T23:00") == "2027-01-18T21:00");
  CHECK(end(nights, "2027-01-15T23:00") == "2027-01-15T23:00");
}

TEST_CASE("openings: a weekend goes over the end of the week, and whole days are one opening") {
  const auto weekend = weekly(6, 1, 0h, 0h, "UTC");
  CHECK(next(weekend, "2027-01-14T12:00") == "2027-01-16T00:00");
  CHECK(end(weekend, "2027-01-16T00:00") == "2027-01-19T00:00");
  CHECK(end(weekend, "2027-01-18T23:59") == "2027-01-19T00:00");
  CHECK(next(weekend, "2027-01-19T00:00") == "2027-01-23T00:00");
}

TEST_CASE("openings: what is needed and what is in reserve has to be left") {
  auto nights = weekly(1, 7, 22h, 4h);
  nights.reserve = 10min;
  CHECK(next(nights, "2027-01-15T02:49", 1min) == "2027-01-15T02:49");
  CHECK(next(nights, "2027-01-15T02:49", 2min) == "2027-01-15T21:00");
  CHECK(next(nights, "2027-01-15T02:50") == "2027-01-15T21:00");
  CHECK(end(nights, "2027-01-15T00:00") == "2027-01-15T02:50");
  CHECK(next(nights, "2027-01-15T00:00", 7h) == "never");
}

TEST_CASE("openings: the night in which the clock goes forward is an hour shorter") {
  // In Berlin 2027-03-28 has no time from 02:00 to 03:00.
  const auto nights = weekly(1, 7, 22h, 4h);
  CHECK(next(nights, "2027-03-27T12:00") == "2027-03-27T21:00");
  CHECK(end(nights, "2027-03-27T21:00") == "2027-03-28T02:00");
  CHECK(next(nights, "2027-03-27T12:00", 6h) == "2027-03-28T20:00");
  // Half of it is skipped, and all of it.
  CHECK(end(weekly(7, 7, 1h, 2h + 30min), "2027-03-28T00:00") == "2027-03-28T01:00");
  CHECK(next(weekly(7, 7, 2h + 15min, 2h + 45min), "2027-03-27T12:00") == "2027-04-04T00:15");
}

TEST_CASE("openings: the night in which the clock goes back is an hour longer") {
  // In Berlin 2027-10-31 has the times from 02:00 to 03:00 twice.
  const auto nights = weekly(1, 7, 22h, 4h);
  CHECK(next(nights, "2027-10-30T12:00") == "2027-10-30T20:00");
  CHECK(end(nights, "2027-10-30T20:00") == "2027-10-31T03:00");
  // A time that comes twice is the first of them.
  CHECK(end(weekly(7, 7, 1h, 2h + 30min), "2027-10-31T00:00") == "2027-10-31T00:30");
  CHECK(next(weekly(7, 7, 2h + 15min, 2h + 45min), "2027-10-31T00:30") == "2027-10-31T00:30");
  CHECK(next(weekly(7, 7, 2h + 15min, 2h + 45min), "2027-10-31T01:20") == "2027-11-07T01:15");
}

TEST_CASE("openings: moments come once") {
  plan::Window window;
  const auto add = [&](const char* opens, const char* closes) {
    window.once.push_back(
        {at(opens).time_since_epoch().count(), at(closes).time_since_epoch().count()});
  };
  add("2027-01-16T02:00", "2027-01-16T04:00");
  add("2027-01-15T02:00", "2027-01-15T04:00");
  CHECK(next(window, "2027-01-15T00:00") == "2027-01-15T02:00");
  CHECK(next(window, "2027-01-15T04:00") == "2027-01-16T02:00");
  CHECK(next(window, "2027-01-15T03:00", 90min) == "2027-01-16T02:00");
  CHECK(next(window, "2027-01-16T04:00") == "never");
}

TEST_CASE("openings: a zone that nobody knows is said to be unknown") {
  const auto use = runtime::next_use(weekly(1, 7, 0h, 1h, "Europe/Atlantis"), {}, 0s);
  REQUIRE_FALSE(use);
  CHECK(use.error().message == "this machine knows no time zone `Europe/Atlantis`");
  plan::Plan plan;
  plan.phases.push_back({.window = weekly(1, 7, 0h, 1h, "Europe/Atlantis")});
  CHECK_FALSE(runtime::check_zones(plan));
}
