// Tries everything that may happen to a plan, breadth first, until a client is harmed.
//
// The run is moved by the machine that the runtime uses (plan/machine), the world by the model; the
// application, failures, crashes, a person who takes everything back may come between any two
// steps. Breadth first, so that the run that is found is a shortest one. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "compiler/prove/model.hpp"

namespace mig::compiler::prove {

enum class Doing : std::uint8_t {
  Begins,          // a copy
  Does,            // a step does what it does, and the journal says so
  DoesWrong,       // and leaves one row other than it should be
  Fails,           // a step fails, and has done nothing
  FailsLate,       // a step fails, and had done it all
  CrashesBetween,  // mig ends when a copy has written one of two stores
  Crashes,         // a step did it all, and mig ends before the journal says so
  Refuses,         // a gate fails, or a person says no
  Sees,            // a gate has nothing to judge by
  Undoes,          // a step is undone
  CannotUndo,      // undoing fails
  CrashesUndoing,  // a step is undone, and mig ends before the journal says so
  Completes,
  IsBack,
  TakesBack,  // a person takes everything back
  Continues,  // a person lets a paused run go on
  Writes,     // a client writes the row
  Crosses,    // two clients write it at once, each by way of another side
  ReadsOld,   // a client reads it from the old side
  ReadsNew,
  CatchesUp,  // the follower carries over what waits in a changelog
  Forgets,    // what waits in a changelog is lost
  Repeats,    // the router sends a write again
};

struct Move {
  Doing doing = Doing::Does;
  plan::StepId step;  // of a move of mig
  bool operator==(const Move&) const = default;
};

// What may happen beside what the plan says.
struct Bounds {
  int failures = 2;
  int crashes = 1;
  std::size_t states = 200'000;
  bool journals_intents = true;  // false: as if only what is done were written down (M4016)
  // Some clients still go by the routes before the newest change (M4023). Where requests pass
  // through a router there are none: a step is done when every router has heard of it; nor without
  // any, where the application moves as a whole.
  bool has_late_clients = false;
  bool guards_writes = true;  // false: as if stores took writes of whoever has not heard of it
};

struct Finding {
  Harm harm = Harm::ReadMisses;
  std::size_t start = 0;    // of model.starts()
  std::vector<Move> moves;  // the last one does the harm
};

struct Outcome {
  std::size_t states = 0;
  bool is_complete = true;  // false: the bound was met, and nothing is proved
  std::optional<Finding> finding;
};

// The shortest run that does one of these harms; of all harms where none is named.
Outcome search(const Model& model, const Bounds& bounds, const std::set<Harm>& harms = {});

}  // namespace mig::compiler::prove
