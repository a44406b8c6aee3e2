// What a hold remembers between slices and processes, as the journal keeps it.
//
// Besides the hold itself, whoever prunes a changelog reads it: what a hold has not compared again
// yet is still asked for. Plain data.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/engine/world.hpp"

namespace mig::runtime {

struct HoldCursor {
  std::int64_t since = 0;    // the hold counts from here
  std::int64_t missing = 0;  // since when a gate sees nothing; 0 = it sees
  std::int64_t looked = 0;   // the last look
  std::int64_t log = -1;     // the step since which the log is kept; -1: none was read yet
  std::int64_t checked = 0;  // up to here in that log what was touched agrees

  static HoldCursor parse(const std::string& text);
  std::string print() const;
};

// Whether one of its gates needs both sides compared.
bool watches_drift(const plan::Plan& plan, const plan::Hold& hold);

// Up to where no hold that runs asks for the log that is kept since `followed`.
std::int64_t checked_by_holds(const World& world, plan::StepId followed);

}  // namespace mig::runtime
