// A run that harms a client, told so that a person can follow it.
//
// Used by the prover's reports. Only the moves that matter are told; the others leave a gap.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "compiler/prove/search.hpp"

namespace mig::compiler::prove {

struct Told {
  std::size_t number = 0;  // among all moves of the run, from 1; 0: some are left out here
  std::string actor;       // `mig`, `app`, `undo`, `you`, …
  std::string phase;       // of a move of mig
  std::string text;
  std::optional<plan::StepId> step;  // of a move of mig
};

struct Trace {
  std::vector<Told> lines;
  std::string sentence;               // what it means for a client
  std::optional<plan::StepId> cause;  // the last step that the harm cannot do without
};

Trace tell(const Model& model, const Finding& finding);

}  // namespace mig::compiler::prove
