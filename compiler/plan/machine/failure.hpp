// What a failure does. Pure: the plan's `on_fail` and the state decide, never the text of an error.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "compiler/plan/machine/run_state.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::plan {

// What kind of trouble a step met.
enum class Trouble : std::uint8_t {
  Transient,      // may pass by itself
  Conflict,       // somebody else was there
  Permanent,      // will fail again until a person changes something
  Breach,         // a gate failed
  NoData,         // a gate had nothing to judge for too long
  SourceError,    // a metric could not be read for too long
  UnknownEffect,  // nobody can know whether the effect happened
  DiskFull,
};
std::string_view name(Trouble trouble);

struct TryAgain {
  Duration wait;
  bool operator==(const TryAgain&) const = default;
};
struct GoBack {
  std::optional<PhaseId> to;
  std::optional<StepId> retreat;    // the first step that does not stay
  std::optional<ResourceId> alone;  // only this one goes back, and the run goes on
  bool operator==(const GoBack&) const = default;
};
struct Stop {
  PauseReason reason;
  bool operator==(const Stop&) const = default;
};
using Consequence = std::variant<TryAgain, GoBack, Stop>;

// `step` has failed with `trouble`; its failures so far, this one not counted, stand in the state.
// `absence_pauses`: the gate itself says `pause` for what it did not see.
Consequence on_failure(const Plan& plan, const RunState& state, StepId step, Trouble trouble,
                       bool absence_pauses = false);

}  // namespace mig::plan
