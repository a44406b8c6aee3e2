// When something that a run uses up is spoken of: by what is left, by how long that lasts, and
// once.
#include "runtime/engine/budget.hpp"

#include <catch2/catch.hpp>

using namespace mig;
using runtime::Budget;
using runtime::Concern;
using runtime::Duration;
using runtime::Supply;
using runtime::SupplyKind;
using runtime::Surroundings;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::int64_t kMega = 1'000'000;
constexpr std::int64_t kGiga = 1'000 * kMega;

struct Watched {
  Budget budget{Concern::None};
  Duration now = hours(5);
  Surroundings around{};

  std::optional<plan::Warned> look(const Supply& supply, Duration later) {
    now += later;
    return budget.note(now, supply, around);
  }
  // Of a log that may be 1000 MB.
  std::optional<plan::Warned> log(std::int64_t mega, Duration later = seconds(10)) {
    return look({SupplyKind::SlotLog, "the log of `app`", mega * kMega, kGiga, "raise it"}, later);
  }
  // Too far apart for a rate: what is left counts alone.
  std::optional<plan::Warned> log_alone(std::int64_t mega) { return log(mega, minutes(2)); }
  std::optional<plan::Warned> disk(std::int64_t free, std::int64_t whole,
                                   Duration later = seconds(10)) {
    return look({SupplyKind::Disk, "the disk of `new`", whole - free, whole, "make room"}, later);
  }
};

}  // namespace

TEST_CASE("budget: a log is low at 80 of 100 and urgent at 95, and each is said once") {
  Watched run;
  for (const std::int64_t used : {0, 799, 799, 799})
    CHECK_FALSE(run.log_alone(used));
  CHECK_FALSE(run.log_alone(800));  // it may empty by itself
  const auto low = run.log_alone(800);
  REQUIRE(low);
  CHECK(low->about == "the log of `app`");
  CHECK(low->message == "the log of `app` holds 800 MB of at most 1.0 GB; raise it");
  CHECK_FALSE(low->is_over);
  CHECK_FALSE(low->is_urgent);
  for (const std::int64_t used : {850, 949, 960, 949})
    CHECK_FALSE(run.log_alone(used));
  CHECK_FALSE(run.log_alone(960));
  const auto urgent = run.log_alone(960);
  REQUIRE(urgent);
  CHECK(urgent->is_urgent);
  for (const std::int64_t used : {960, 1200, 1200, 850, 960, 960})
    CHECK_FALSE(run.log_alone(used));
}

TEST_CASE("budget: what was low is well again where there is room, and may be low once more") {
  Watched run;
  CHECK_FALSE(run.log(850));
  REQUIRE(run.log(850));
  for (int i = 0; i < 30; ++i)
    CHECK_FALSE(run.log(720));
  const auto well = run.log(690);
  REQUIRE(well);
  CHECK(well->is_over);
  CHECK(well->message == "the log of `app` holds 690 MB of at most 1.0 GB");
  CHECK_FALSE(run.log(690));
  CHECK_FALSE(run.log(850));
  CHECK(run.log(850));
}

TEST_CASE("budget: a new runner knows what was said, and says what got worse") {
  Watched low{Budget(Concern::Low)};
  CHECK_FALSE(low.log(850));
  CHECK_FALSE(low.log(850));
  CHECK_FALSE(low.log(960));
  CHECK(low.log(960)->is_urgent);
  Watched urgent{Budget(Concern::Urgent)};
  for (int i = 0; i < 5; ++i)
    CHECK_FALSE(urgent.log(960));
  // One that has hardly looked does not know that nothing grows.
  Watched early{Budget(Concern::Low)};
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(early.log(10));
  CHECK(early.log(10)->is_over);
}

TEST_CASE("budget: growth is that of the lows, and of late") {
  Watched run;
  for (int i = 0; i < 3; ++i)
    run.log(200 + 10 * i);
  CHECK_FALSE(run.budget.growth());
  run.log(230);
  const auto grows = run.budget.growth();
  REQUIRE(grows);
  CHECK(grows->amount == 20 * kMega);
  CHECK(grows->in == seconds(20));

  Watched saw;  // a log that is let go of every half minute
  for (int i = 0; i < 60; ++i) {
    CHECK_FALSE(saw.log(300 + 150 * (i % 3)));
    CHECK_FALSE(saw.budget.growth());
  }

  Watched climbs;  // one of which less is let go every time
  for (int i = 0; i < 18; ++i)
    climbs.log(200 + 5 * i + (i % 3 == 0 ? 100 : 0));
  REQUIRE(climbs.budget.growth());
  CHECK(climbs.budget.growth()->amount == 45 * kMega);
  CHECK(climbs.budget.growth()->in == seconds(90));

  Watched rest;  // it grew once
  for (int i = 0; i < 10; ++i)
    rest.log(i);
  for (int i = 0; i < 20; ++i)
    rest.log(10);
  CHECK_FALSE(rest.budget.growth());
}

TEST_CASE("budget: what does not last at its rate is low, and urgent in the end") {
  Watched run;
  std::optional<plan::Warned> said;
  std::int64_t used = 100;
  for (; !said && used < 790; used += 5)
    said = run.log(used);
  REQUIRE(said);
  CHECK(said->message ==
        "the log of `app` holds 115 MB of at most 1.0 GB and grows by 500 kB/s, so it lasts for "
        "29m 30s; raise it");
  CHECK_FALSE(said->is_urgent);
  for (said.reset(); !said && used < 950; used += 5)
    said = run.log(used);
  REQUIRE(said);
  CHECK(said->is_urgent);
  CHECK(said->message.find("so it lasts for 5m") != std::string::npos);
}

TEST_CASE("budget: a hold that outlasts it is said, however much there is yet") {
  const auto grow = [](Watched& run) {
    std::optional<plan::Warned> said;
    for (std::int64_t used = 100; !said && used < 120; used += 1)
      said = run.log(used, seconds(15));
    return said;
  };
  Watched alone;
  CHECK_FALSE(grow(alone));  // nearly four hours
  Watched shorter;
  shorter.around.wait = runtime::PendingWait{"soak/hold", hours(3)};
  CHECK_FALSE(grow(shorter));
  Watched longer;
  longer.around.wait = runtime::PendingWait{"soak/hold", hours(24)};
  const auto said = grow(longer);
  REQUIRE(said);
  CHECK(said->message ==
        "the log of `app` holds 103 MB of at most 1.0 GB and grows by 66 kB/s, so it lasts for 3h "
        "44m, and `soak/hold` waits for 1d yet; raise it");
}

TEST_CASE("budget: a disk is low with a twentieth left, unless that is plenty") {
  Watched run;
  CHECK_FALSE(run.disk(6 * kGiga, 100 * kGiga));
  const auto low = run.disk(5 * kGiga, 100 * kGiga);
  REQUIRE(low);
  CHECK(low->message == "the disk of `new` has 5.0 GB left of 100 GB; make room");
  CHECK_FALSE(low->is_urgent);
  CHECK_FALSE(run.disk(4 * kGiga, 100 * kGiga));
  REQUIRE(run.disk(kGiga, 100 * kGiga));

  Watched large;
  for (int i = 0; i < 20; ++i)
    CHECK_FALSE(large.disk(12 * kGiga, 4'000 * kGiga));
  Watched small;
  CHECK(small.disk(0, 16 * kMega)->is_urgent);
}

TEST_CASE("budget: a disk that a copy fills soon is low, with plenty or without") {
  Watched run;
  std::optional<plan::Warned> said;
  for (std::int64_t free = 1'000; !said && free > 0; free -= 5)
    said = run.disk(free * kGiga, 2'000 * kGiga);
  REQUIRE(said);
  CHECK(said->message ==
        "the disk of `new` has 800 GB left of 2.0 TB and loses 500 MB/s, so it lasts for 26m 40s; "
        "make room");
}

TEST_CASE("budget: what a disk loses now says nothing of the end of a hold") {
  Watched run;
  run.around.wait = runtime::PendingWait{"soak/hold", hours(24)};
  for (std::int64_t i = 0; i < 20; ++i)
    CHECK_FALSE(run.disk(80 * kGiga - 15 * i * kMega, 270 * kGiga));  // it lasts for half a day
}

TEST_CASE("budget: what has no limit is spoken of where it piles up before a follower that rests") {
  const auto wait = [](Watched& run, std::int64_t more) {
    std::optional<plan::Warned> said;
    for (std::int64_t i = 0; !said && i < 60; ++i) {
      run.around.still += seconds(10);
      said = run.look({SupplyKind::Changelog, "the changelog", 100 + more * i, {}, "see"},
                      seconds(10));
    }
    return said;
  };
  Watched grows;
  const auto said = wait(grows, 20);
  REQUIRE(said);
  CHECK(said->message ==
        "the changelog holds 680 entries and grows by 2 entries/s, while nothing is carried over "
        "for 5m; see");
  Watched rests;
  CHECK_FALSE(wait(rests, 0));
}

TEST_CASE("budget: a limit of nothing is spent, and what is used no more is well") {
  Budget budget(Concern::None);
  const auto said = budget.note(hours(1), {SupplyKind::Memory, "the memory", 1, 0, "raise it"}, {});
  REQUIRE(said);
  CHECK(said->is_urgent);
  const auto over = budget.end("the memory");
  REQUIRE(over);
  CHECK(over->is_over);
  CHECK_FALSE(Budget(Concern::None).end("the memory"));
}
