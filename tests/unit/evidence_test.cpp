// How many requests prove what, and how many a step can see.
#include "compiler/plan/evidence.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "tests/support/shop_plan.hpp"

using namespace mig;
using namespace mig::tests;
using plan::Ratio;

namespace {

Ratio parts(std::int64_t number) {
  return *Ratio::from_parts(number);
}

plan::Clause clause(plan::Reading reading, plan::Compare compare, plan::Quantity limit) {
  return {std::move(reading), compare, limit, {}};
}

plan::Clause rate(plan::MetricKind metric, plan::Compare compare, std::int64_t limit) {
  return clause(plan::ArmReading{metric, plan::Arm::ReadsNew}, compare, {plan::Unit::Ratio, limit});
}

constexpr std::int64_t kPerSecond = 1'000'000'000;

}  // namespace

TEST_CASE("without an error so many requests bound a rate at 95 %") {
  const auto needed = [](Ratio rest) { return fewest_that_prove(rest, plan::kConfidence); };
  CHECK(needed(parts(1'000'000)) == 2'995);  // 0.1 %
  CHECK(needed(parts(100'000)) == 29'956);   // 0.01 %
  CHECK(needed(parts(10'000)) == 299'572);   // 0.001 %
  CHECK(needed(Ratio::percent(50)) == 5);    // p50
  CHECK(needed(Ratio::percent(10)) == 29);   // p90
  CHECK(needed(Ratio::percent(5)) == 59);    // p95
  CHECK(needed(Ratio::percent(1)) == 299);   // p99
  CHECK(needed(Ratio::percent(100)) == 1);
  CHECK_FALSE(needed(Ratio()).has_value());
}

TEST_CASE("one request less does not prove it") {
  for (const std::int64_t rest : {1'000'000, 7'000'000, 50'000'000, 333'333'333, 900'000'000}) {
    const auto needed = fewest_that_prove(parts(rest), plan::kConfidence);
    REQUIRE(needed.has_value());
    const long double good = 1 - static_cast<long double>(rest) / Ratio::kWhole;
    const auto left = [&](std::int64_t count) {
      return std::pow(good, static_cast<long double>(count));
    };
    INFO(rest);
    CHECK(left(*needed) <= 0.05L);
    CHECK(left(*needed - 1) > 0.05L);
  }
}

TEST_CASE("a clause needs what its limit needs") {
  using plan::Compare;
  using plan::MetricKind;
  const auto quantile = [](MetricKind metric) {
    return fewest_requests(
        clause(plan::ArmReading{metric}, Compare::Less, {plan::Unit::TimeSpan, 40'000'000}));
  };
  CHECK(quantile(MetricKind::P50) == 5);
  CHECK(quantile(MetricKind::P95) == 59);
  CHECK(quantile(MetricKind::P99) == 299);
  CHECK(fewest_requests(rate(MetricKind::ErrorRate, Compare::Less, 5'000'000)) == 598);
  CHECK(fewest_requests(rate(MetricKind::ErrorRate, Compare::LessOrEqual, 0)) ==
        plan::kNeverEnough);
  CHECK(fewest_requests(rate(MetricKind::ErrorRate, Compare::Equal, 0)) == plan::kNeverEnough);
  // Of hits what is missing counts.
  const plan::DatasetReading hits{MetricKind::HitRatio, {1}};
  CHECK(fewest_requests(clause(hits, Compare::GreaterOrEqual, {plan::Unit::Ratio, 900'000'000})) ==
        29);
  // Counts of rows and of seconds are no shares of requests.
  const plan::DatasetReading drift{MetricKind::Drift, {1}};
  CHECK_FALSE(fewest_requests(clause(drift, Compare::Equal, {plan::Unit::Rows, 0})).has_value());
  CHECK_FALSE(fewest_requests(clause(plan::StoreReading{MetricKind::Lag, {0}}, Compare::Less,
                                     {plan::Unit::TimeSpan, 5}))
                  .has_value());
}

TEST_CASE("an arm sees the share that goes there") {
  using plan::Arm;
  plan::Plan plan = shop_plan();
  plan.phases = {{.name = "one", .steps = {{0}, {1}, {2}, {3}}}};
  const auto fifth = Ratio::percent(20);
  plan.steps = {step("shadow", plan::Shadow{.share = Ratio::percent(30)}),
                step("reads", plan::RouteReads{.to = plan::Side::New, .share = fifth}),
                step("off", plan::Shadow{}), step("hold", plan::Hold{})};
  const auto seen = [&](std::uint32_t before, Arm arm) {
    return share_seen(plan, plan::StepId{before},
                      clause(plan::ArmReading{plan::MetricKind::P95, arm}, plan::Compare::Less,
                             {plan::Unit::TimeSpan, 1}));
  };
  CHECK(seen(0, Arm::ReadsNew) == Ratio());
  CHECK(seen(1, Arm::ReadsNew) == Ratio::percent(30));  // compared, and not served
  CHECK(seen(2, Arm::ReadsNew) == Ratio::percent(30));
  CHECK(seen(3, Arm::ReadsNew) == fifth);
  CHECK(seen(3, Arm::ReadsOld) == Ratio::percent(80));
  CHECK(seen(3, Arm::Reads) == Ratio::percent(100));
  CHECK(seen(3, Arm::WritesNew) == Ratio());
  CHECK(seen(3, Arm::WritesOld) == Ratio::percent(100));
  CHECK_FALSE(seen(3, Arm::ReadsControl).has_value());
  CHECK_FALSE(seen(3, Arm::Captured).has_value());
}

TEST_CASE("requests come in at the rate that is expected, and no more") {
  using std::chrono::hours;
  using std::chrono::minutes;
  CHECK(plan::requests_seen(40 * kPerSecond, Ratio::percent(5), minutes(10)) == 1'200);
  CHECK(plan::requests_seen(kPerSecond / 2, Ratio::percent(100), minutes(5)) == 150);
  CHECK(plan::requests_seen(200 * kPerSecond, Ratio::percent(1), hours(1)) == 7'200);
  CHECK(plan::requests_seen(INT64_MAX, Ratio::percent(100), plan::Duration::max()) == INT64_MAX);
  for (const std::int64_t requests : {1, 59, 299, 29'956}) {
    const auto length = plan::time_to_see(requests, 7 * kPerSecond, Ratio::percent(3));
    CHECK(plan::requests_seen(7 * kPerSecond, Ratio::percent(3), length) >= requests);
    CHECK(plan::requests_seen(7 * kPerSecond, Ratio::percent(3), length - minutes(1)) < requests);
  }
  CHECK(plan::time_to_see(INT64_MAX, 1, Ratio::percent(1)) == plan::Duration::max());
}
