// How many requests a gate has to see before it may pass, and how many it can see.
//
// A gate passes on a bound, not on what it happened to see: the fewest requests with which a clause
// can pass at all are those with which it passes when nothing goes wrong. Pure arithmetic, shared
// by the check of plans and whoever tells a person how long a hold should be.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

// What gates are sure of unless they say otherwise.
inline constexpr Ratio kConfidence = Ratio::percent(95);
// A gate that is undecided at the end of its hold looks again at twice and at three times of it.
inline constexpr int kLooks = 3;

// The fewest requests of which none has to be among a share `rest` of all, so that at most `rest`
// are proved to be with that confidence: the least n with (1 - rest)^n <= 1 - confidence. Nothing
// where no number proves it, which is where `rest` is nothing. REQUIRES: confidence < 100 %.
std::optional<std::int64_t> fewest_that_prove(Ratio rest, Ratio confidence);

// The fewest requests with which that clause can pass; nothing where it is not counted in requests.
// A clause that no number of requests proves needs `kNeverEnough`.
inline constexpr std::int64_t kNeverEnough = INT64_MAX;
std::optional<std::int64_t> fewest_requests(const Clause& clause);

// The share of the router's requests that a clause looks at before the step `id`, at the most;
// nothing where it cannot be told. REQUIRES: the clause belongs to a gate of this plan.
std::optional<Ratio> share_seen(const Plan& plan, StepId id, const Clause& clause);

// How many requests that is. `expect` counts requests per second, times 10^9.
std::int64_t requests_seen(std::int64_t expect, Ratio share, Duration length);
// How long it takes to see so many. REQUIRES: expect > 0, share is not nothing.
Duration time_to_see(std::int64_t requests, std::int64_t expect, Ratio share);

}  // namespace mig::plan
