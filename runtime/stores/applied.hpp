// How far a step came in a store: the note that stands there, in the transaction of what it is
// about. A plain value; any thread.
#pragma once

#include <string>

#include "compiler/plan/machine/run_state.hpp"

namespace mig::runtime {

// When a commit is on the disk of a server that can put it off (PostgreSQL, synchronous_commit).
// What is put off is lost, if at all, together with everything behind it, rows and note alike; so
// it suits whatever begins again at its note, as a page of a copy does.
enum class Durable {
  Now,
  WithTheNext,  // commit that is durable now
};

struct Applied {
  std::string cursor;
  plan::Counts counts;
  bool finished = false;
};

}  // namespace mig::runtime
