// What clients of an application did to rows, and what they were told: the evidence that a move is
// judged by.
//
// Every write carries a value that nobody else writes, so a value that is seen names its write.
// Used by the workload that writes histories and by the checks that read them. Plain data.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace mig::app {

enum class Kind : std::uint8_t { Put, Delete, Read };

// What the client was told. Unknown: nothing; the write may have happened, may happen later, or
// never.
enum class Outcome : std::uint8_t { Acknowledged, Failed, Unknown };

using Moment = std::int64_t;  // nanoseconds of one clock that never goes back
constexpr Moment kNever = std::numeric_limits<Moment>::max();

// A row's value, or that there is none.
using Cell = std::optional<std::int64_t>;

struct Operation {
  std::string key;
  Kind kind = Kind::Read;
  Cell value;  // that was written or read; absent for a delete
  Moment began = 0;
  Moment ended = 0;
  Outcome outcome = Outcome::Acknowledged;
  Moment may_be_behind = 0;  // of a read: how far, as the side that answered had been allowed
  bool operator==(const Operation&) const = default;
};

using History = std::vector<Operation>;

}  // namespace mig::app
