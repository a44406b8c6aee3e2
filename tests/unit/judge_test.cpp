// What a clause says of a reading, against a limit that is fixed or measured.
#include "runtime/gates/judge.hpp"

#include <catch2/catch.hpp>

using namespace mig;
using runtime::limit_of;
using runtime::Sample;
using runtime::Taken;
using runtime::Verdict;

namespace {

constexpr std::int64_t kMilli = 1'000'000;

Sample value(std::int64_t number) {
  return {Taken::Value, number, {}};
}

// `p95(…) <= max(2 * p95(…), 20ms)`
plan::Clause twice_or_20ms() {
  return {plan::ArmReading{},
          plan::Compare::LessOrEqual,
          {plan::Unit::TimeSpan, 20 * kMilli},
          "p95 <= max(2 * control, 20ms)",
          {plan::Measured{plan::ArmReading{}, 2'000'000'000, 0}}};
}

}  // namespace

TEST_CASE("the greatest limit counts") {
  const plan::Clause clause = twice_or_20ms();
  CHECK(limit_of(clause, {value(3 * kMilli)}).value == 20 * kMilli);
  CHECK(limit_of(clause, {value(15 * kMilli)}).value == 30 * kMilli);
  CHECK(limit_of(clause, {value(INT64_MAX)}).value == INT64_MAX);
  plan::Clause more = clause;
  more.measured[0].times = 1'050'000'000;
  more.measured[0].plus = 5 * kMilli;
  CHECK(limit_of(more, {value(100 * kMilli)}).value == 110 * kMilli);
}

TEST_CASE("a limit without data passes nothing") {
  const plan::Clause clause = twice_or_20ms();
  const auto judged = [&](const Sample& sample, const Sample& control) {
    return judge(clause, sample, limit_of(clause, {control}));
  };
  CHECK(judged(value(30 * kMilli), value(15 * kMilli)) == Verdict::Pass);
  CHECK(judged(value(31 * kMilli), value(15 * kMilli)) == Verdict::Fail);
  CHECK(judged(value(1), Sample{Taken::NoData, 0, {}}) == Verdict::NoData);
  CHECK(judged(value(1), Sample{Taken::SourceError, 0, {}}) == Verdict::SourceError);
  CHECK(judged(Sample{Taken::NoData, 0, {}}, value(1)) == Verdict::NoData);
}

TEST_CASE("a look shows the limit that was measured") {
  const plan::Clause clause = twice_or_20ms();
  const Sample limit = limit_of(clause, {value(15 * kMilli)});
  CHECK(describe(clause, plan::Unit::TimeSpan, value(41 * kMilli), limit) ==
        "p95 <= max(2 * control, 20ms): 41ms against 30ms, fail");
}
