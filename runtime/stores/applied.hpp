// How far a step came in a store: the note that stands there, in the transaction of what it is
// about. A plain value; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "compiler/plan/machine/run_state.hpp"

namespace mig::runtime {

// When a commit is on the disk of a server that can put it off (PostgreSQL, synchronous_commit).
// What is put off is lost, if at all, together with everything behind it, rows and note alike; so
// it suits whatever begins again at its note, as a page of a copy does.
enum class Durable {
  Now,
  WithTheNext,  // commit that is durable now
};

// Who else may write under the fence until an effect ends: nobody, or, in a store that has such a
// lock (PostgreSQL), other effects that share it. A takeover waits for either.
enum class FenceLock { Alone, Shared };

struct Applied {
  std::string cursor;
  plan::Counts counts;
  bool finished = false;
};

// The name of the note that one part of a step has beside the step's own. It goes with that.
inline std::string part_name(std::string_view step, std::size_t part) {
  return fmt::format("{}:{}", step, part);
}

}  // namespace mig::runtime
