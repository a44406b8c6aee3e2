// How far a step came in a store: the note that stands there, in the transaction of what it is
// about. A plain value; any thread.
#pragma once

#include <string>

#include "compiler/plan/machine/run_state.hpp"

namespace mig::runtime {

struct Applied {
  std::string cursor;
  plan::Counts counts;
  bool finished = false;
};

}  // namespace mig::runtime
