// Takes readings for gates: one sample a call, now.
//
// What a source says:
//   sql(store, "…")   the first column of the first row: an integer in the base of the metric's
//   unit file("m.jsonl")   the newest whole line for the metric, one JSON object:
//                     { "metric": "p95_reads", "at": "2026-11-22T15:00:00Z", "value": 23000000 }
//   rows(x)           the rows of a dataset
//   rejects(x)        open dead letters of this run
// Values are integers in the base of their unit: durations in nanoseconds, ratios in parts per
// 10^9, rates per second times 10^9. A reading that is older than it may be is no reading. One
// thread.
#pragma once

#include "compiler/plan/gate.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/gates/judge.hpp"

namespace mig::runtime {

// `oldest`: readings taken before that moment are stale. REQUIRES: the reading is no drift; that
// takes a reconciliation.
Sample take_reading(const plan::Reading& reading, World& world, Instant oldest);

bool is_drift(const plan::Reading& reading);
plan::Unit unit_of(const plan::Plan& plan, const plan::Reading& reading);

}  // namespace mig::runtime
