// The words and signs of a preview that text and Markdown share. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/amounts.hpp"
#include "runtime/cli/preview/document.hpp"
#include "runtime/clock.hpp"

namespace mig::cli {

std::string_view name(Risk risk);
std::string_view name(Certainty certainty);
// One character: `+`, `-`, `~`, `>`, `=`, `%`, `*`, `?`, `!`.
char mark(Sign sign);

// `15m`, `<2s`, `>10m` as the plan says; `~4m` of an estimate; `-` where nobody knows.
std::string print(const std::optional<ShownTime>& time);
using runtime::rounded;
// `2026-11-22T15:00:00Z`: nobody waits by the microsecond.
std::string to_the_second(runtime::Instant at);
// `slo: pass now: p95(reads) < 40ms: 23ms`, of a gate whose name is said already.
std::string seen(const ShownGate& gate);
// `25%`, `0..100%`.
std::string reads_new(const ShownChange& change);
// `1 row`, `63_000 rows`.
std::string rows(std::int64_t count);
// `63_000 rows`, `at most 63_000 rows`, `about 63_000 rows`, as it is known.
std::string counted(const ShownNumber& count);
using runtime::size;
// `9c1f e07a 44b2` of 64 hexadecimal digits.
std::string short_hash(std::string_view hash);
// `only sat..sun; opens 2026-11-28T00:00:00Z`. REQUIRES: the phase has a window.
std::string window_of(const Document& document, const ShownPhase& phase);
// The phases that hold a point of no return.
std::vector<std::string> phases_of_no_return(const Document& document);
// `drop index: 63_000 rows deleted`: what is deleted for good; empty where nothing is.
std::string deletions(const Document& document);
// `about 7d 1h, and the approval of team-dba`
std::string finish(const Document& document);

}  // namespace mig::cli
