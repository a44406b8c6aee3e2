// A client and mig, each at its end of what they share: the document and the report.
#include <fstream>

#include <catch2/catch.hpp>

#include "runtime/gates/metric_sources.hpp"
#include "runtime/traffic/clients/cpp/mig_router.hpp"
#include "runtime/traffic/routes.hpp"
#include "runtime/traffic/sticky_hash.hpp"
#include "tests/support/test_world.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig;
using namespace mig::runtime;
using namespace std::chrono_literals;

TEST_CASE("the client does what a document of mig says") {
  Routes routes{.by = {"id"}};
  routes.reads = {.share = plan::Ratio::percent(25),
                  .where = {{"region", {"eu"}}},
                  .stale_ok = 5s,
                  .fallback = {plan::ReadFailure::Timeout}};
  routes.writes = {.mirror = plan::Side::New, .mode = plan::WriteMode::Follow};
  routes.fresh_until = Instant(1'772'366'400s);
  routes.version = 3;
  const auto document = mig_router::parse(encode(routes, {"split_users", "glue"}));
  REQUIRE(document);
  CHECK(document->version == 3);
  CHECK(document->by == routes.by);
  CHECK(document->stale_ok == 5s);
  CHECK(document->fresh_until == mig_router::Instant(1'772'366'400s));
  const auto fresh = mig_router::Instant(1'772'366'399s);
  std::array<int, 3> seen{};
  for (std::int64_t id = 0; id < 1000; ++id) {
    const std::string key = mig_router::Key().add(id).bytes();
    const auto cohort = cohort_of(bucket_of("split_users/glue", key), routes.reads.share);
    const auto read = document->read(key, {{"region", "eu"}}, fresh);
    CHECK(static_cast<int>(read.cohort) == static_cast<int>(cohort));
    CHECK((read.side == mig_router::Side::New) == (cohort == Cohort::New));
    CHECK(read.falls_back_on_timeout == (cohort == Cohort::New));
    CHECK_FALSE(read.falls_back_on_error);
    CHECK(document->read(key, {{"region", "us"}}, fresh).side == mig_router::Side::Old);
    CHECK(document->read(key, {{"region", "eu"}}, fresh + 1s).side == mig_router::Side::Old);
    ++seen.at(static_cast<std::size_t>(cohort));
  }
  for (const int each : seen)
    CHECK(each > 200);
}

TEST_CASE("a gate reads what a client reported") {
  const mig::tests::TemporaryFolder folder;
  plan::Plan plan;
  plan.metrics = {
      {"reads_new_p95", plan::Unit::TimeSpan, plan::FileSource{"report.jsonl"}},
      {"reads_new_error_rate", plan::Unit::Ratio, plan::FileSource{"report.jsonl"}},
      {"reads_old_p95", plan::Unit::TimeSpan, plan::FileSource{"report.jsonl"}},
  };
  mig::tests::TestWorld world(plan, folder.path());
  const auto reading = [&](std::uint32_t metric, Instant oldest) {
    return take_reading(plan::DeclaredReading{plan::MetricId{metric}}, world.world, oldest);
  };
  mig_router::Report report("glue", "app-1");
  const mig_router::Read read{mig_router::Side::New, mig_router::Cohort::New, false, false};
  for (int i = 0; i < 200; ++i)
    report.read(read, 830us, i == 0 ? mig_router::Outcome::Failed : mig_router::Outcome::Ok);
  const Instant until = world.clock.now();
  const auto at = mig_router::Instant(until.time_since_epoch());
  std::ofstream(folder / "report.jsonl") << report.take_lines(3, at - 15s, at);

  const Sample p95 = reading(0, until - 1s);
  CHECK(p95.taken == Taken::Value);
  CHECK(p95.value == 831'000);
  const Sample errors = reading(1, until - 1s);
  CHECK(errors.taken == Taken::Value);
  CHECK(errors.value == 5'000'000);
  CHECK(reading(2, until - 1s).taken == Taken::NoData);
  CHECK(reading(0, until + 1s).taken == Taken::SourceError);
}
