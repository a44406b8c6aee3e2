// Decides what readings mean. Pure: the same readings give the same verdict, live and on replay.
//
// Absence is never a pass: a reading that is missing is `no_data`, one that cannot be taken is
// `source_error`, and both outrank a pass.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/gate.hpp"

namespace mig::runtime {

// In rising order: the verdict of a gate is the gravest of its clauses.
enum class Verdict : std::uint8_t { Pass, NoData, SourceError, Fail };
std::string_view name(Verdict verdict);

enum class Taken : std::uint8_t { Value, NoData, SourceError };

// What a metric said when it was asked.
struct Sample {
  Taken taken = Taken::NoData;
  std::int64_t value = 0;  // of Taken::Value, in the base of the metric's unit
  std::string note;        // why there is none, or what it covers
};

// The limit of the clause; `measured` are what its measured limits said, in their order. It is
// missing where one of them is.
Sample limit_of(const plan::Clause& clause, const std::vector<Sample>& measured);

Verdict judge(const plan::Clause& clause, const Sample& sample, const Sample& limit);

// What was read: `3 rows`, `no data (nothing reports on this arm)`, `23ms against 40ms`.
std::string describe_reading(const plan::Clause& clause, plan::Unit unit, const Sample& sample,
                             const Sample& limit);
// `drift(users) == 0 rows: 3 rows, fail`
std::string describe(const plan::Clause& clause, plan::Unit unit, const Sample& sample,
                     const Sample& limit);

}  // namespace mig::runtime
