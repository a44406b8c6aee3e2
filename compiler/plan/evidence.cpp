#include "compiler/plan/evidence.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "compiler/plan/routing.hpp"

namespace mig::plan {
namespace {

constexpr std::int64_t kNano = 1'000'000'000;

Ratio rest_of(Ratio share) {
  return *Ratio::from_parts(Ratio::kWhole - share.parts());
}

// The share of requests that may be slower than a quantile.
std::optional<Ratio> slower_than(MetricKind metric) {
  switch (metric) {
    case MetricKind::P50:
      return Ratio::percent(50);
    case MetricKind::P95:
      return Ratio::percent(5);
    case MetricKind::P99:
      return Ratio::percent(1);
    default:
      return std::nullopt;
  }
}

// Rates of requests, each of which goes well or not.
bool is_rate(MetricKind metric) {
  switch (metric) {
    case MetricKind::ErrorRate:
    case MetricKind::Rate4xx:
    case MetricKind::Rate5xx:
    case MetricKind::FallbackRate:
    case MetricKind::ShadowFailureRate:
    case MetricKind::Discrepancy:
    case MetricKind::HitRatio:
      return true;
    default:
      return false;
  }
}

std::optional<MetricKind> metric_of(const Reading& reading) {
  if (const auto* arm = std::get_if<ArmReading>(&reading)) return arm->metric;
  if (const auto* dataset = std::get_if<DatasetReading>(&reading)) return dataset->metric;
  return std::nullopt;
}

bool is_upper(Compare compare) {
  return compare == Compare::Less || compare == Compare::LessOrEqual;
}
bool is_lower(Compare compare) {
  return compare == Compare::Greater || compare == Compare::GreaterOrEqual;
}

// What the new side answers: the reads that go there, and those that are only compared.
Ratio reads_of_new(const Plan& plan, StepId id) {
  const auto reads = route_before<RouteReads>(plan, id);
  const Ratio own = reads.to == Side::New ? reads.share.value_or(Ratio::percent(100)) : Ratio();
  return std::max(own, shadow_before(plan, plan.at(id).phase, id).share);
}

// What the old side answers. Requests that a condition leaves to it cannot be counted: all may be.
Ratio reads_of_old(const Plan& plan, StepId id) {
  const auto reads = route_before<RouteReads>(plan, id);
  const bool is_whole = reads.to == Side::Old || !reads.where.empty() || reads.through;
  return is_whole ? Ratio::percent(100) : rest_of(reads.share.value_or(Ratio::percent(100)));
}

Ratio writes_of(const Plan& plan, StepId id, Side side) {
  const WritesState writes = writes_before(plan, id);
  if (writes.mirror || writes.authority == side) return Ratio::percent(100);
  return Ratio();
}

std::optional<Ratio> share_of(const Plan& plan, StepId id, Arm arm) {
  switch (arm) {
    case Arm::Reads:
    case Arm::Writes:
      return Ratio::percent(100);
    case Arm::ReadsNew:
      return reads_of_new(plan, id);
    case Arm::ReadsOld:
      return reads_of_old(plan, id);
    case Arm::WritesNew:
      return writes_of(plan, id, Side::New);
    case Arm::WritesOld:
      return writes_of(plan, id, Side::Old);
    // A small cohort is the frozen one of an earlier step, and a baseline was kept once.
    case Arm::ReadsControl:
    case Arm::Captured:
      return std::nullopt;
  }
  assert(false && "every arm has its share");
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> fewest_that_prove(Ratio rest, Ratio confidence) {
  assert(confidence < Ratio::percent(100));
  if (rest == Ratio()) return std::nullopt;
  if (rest == Ratio::percent(100)) return 1;
  // Logarithms of shares; what comes out is a count, and nothing is compared with it exactly.
  const auto part = [](Ratio ratio) {
    return static_cast<long double>(ratio.parts()) / Ratio::kWhole;
  };
  const long double needed = std::log(part(rest_of(confidence))) / std::log1p(-part(rest));
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(needed)));
}

std::optional<std::int64_t> fewest_requests(const Clause& clause) {
  const auto metric = metric_of(clause.reading);
  if (!metric) return std::nullopt;
  if (const auto rest = slower_than(*metric); rest && is_upper(clause.compare))
    return fewest_that_prove(*rest, kConfidence);
  // Of a limit that is measured nobody knows yet what it is.
  if (!is_rate(*metric) || !clause.measured.empty()) return std::nullopt;
  const auto limit = Ratio::from_parts(clause.limit.value);
  if (!limit) return std::nullopt;
  // A rate of exactly nothing, or exactly everything, is a bound like the others.
  const bool is_exact = clause.compare == Compare::Equal;
  const bool is_all = *limit == Ratio::percent(100);
  if (is_upper(clause.compare) || (is_exact && !is_all))
    return fewest_that_prove(*limit, kConfidence).value_or(kNeverEnough);
  if (is_lower(clause.compare) || is_exact)
    return fewest_that_prove(rest_of(*limit), kConfidence).value_or(kNeverEnough);
  return std::nullopt;
}

std::optional<Ratio> share_seen(const Plan& plan, StepId id, const Clause& clause) {
  if (const auto* reading = std::get_if<DatasetReading>(&clause.reading)) {
    if (reading->metric == MetricKind::HitRatio) {
      const bool is_new = std::ranges::find(plan.to, reading->dataset) != plan.to.end();
      return is_new ? std::optional(reads_of_new(plan, id)) : std::nullopt;
    }
    // Rows may be compared without any request, so only what requests show is counted.
    const Ratio compared = shadow_before(plan, plan.at(id).phase, id).share;
    return compared == Ratio() ? std::nullopt : std::optional(compared);
  }
  const auto* reading = std::get_if<ArmReading>(&clause.reading);
  // Of another part of the plan, nobody here knows how far it is.
  if (reading == nullptr || reading->of) return std::nullopt;
  return share_of(plan, id, reading->arm);
}

std::int64_t requests_seen(std::int64_t expect, Ratio share, Duration length) {
  const __int128 rate = static_cast<__int128>(expect) * share.parts() / Ratio::kWhole;
  const __int128 seen = rate * length.count() / kNano / kNano;
  return seen > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(seen);
}

Duration time_to_see(std::int64_t requests, std::int64_t expect, Ratio share) {
  assert(expect > 0);
  const __int128 rate = static_cast<__int128>(expect) * share.parts() / Ratio::kWhole;
  if (rate == 0) return Duration::max();
  const __int128 length = static_cast<__int128>(requests) * kNano * kNano / rate + 1;
  return length > Duration::max().count() ? Duration::max()
                                          : Duration(static_cast<std::int64_t>(length));
}

}  // namespace mig::plan
