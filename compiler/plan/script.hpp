// What a scenario says of one simulated run: what goes wrong, when, and how it is to end.
//
// Made by compiler/check_script from the statements of a scenario file or of a `test … of` a plan;
// carried out by runtime/sim. Plain data, immutable once built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/plan/gate.hpp"
#include "compiler/plan/ids.hpp"
#include "compiler/plan/units.hpp"

namespace mig::plan {

// `p95(reads.new) = 90ms for 5m`: from then on; without a length until another line says otherwise.
struct Measure {
  Reading reading;
  std::int64_t value = 0;  // in the base of the reading's unit
  std::optional<Duration> lasts;
  bool operator==(const Measure&) const = default;
};
// `no_data slo for 5m`: the gate sees nothing.
struct Silence {
  GateId gate;
  std::optional<Duration> lasts;
  bool operator==(const Silence&) const = default;
};
// `fail`, or `fail 2`: so many attempts fail with what may pass by itself, and the next one does
// not.
struct FailStep {
  std::uint32_t times = 0;  // 0: it fails for good
  bool operator==(const FailStep&) const = default;
};
// `crash`: the runner is lost after what the step does now, before it is written down.
struct LoseRunner {
  bool operator==(const LoseRunner&) const = default;
};
// `pause`, `continue`, `rollback`: what a person asks for.
enum class Ask : std::uint8_t { Pause, Continue, Rollback };

using Turn = std::variant<Measure, Silence, FailStep, LoseRunner, Ask>;

struct ScriptLine {
  std::optional<StepId> at;  // absent: counted from the start of the run
  Duration after = Duration::zero();
  Turn turn;
  std::string text;  // as written, for people
  bool operator==(const ScriptLine&) const = default;
};

// `approve "dba" after 2h`, `refuse approve "dba"`. Whoever is not named approves at once.
struct ScriptedAnswer {
  std::string who;
  bool refuses = false;
  Duration after = Duration::zero();
  bool operator==(const ScriptedAnswer&) const = default;
};

enum class Ending : std::uint8_t { Completed, RolledBack, Paused, Partial };
std::string_view name(Ending ending);

// `expect reached cutover within 3h`, `expect never reached retire`: a step of the phase started.
struct Reached {
  PhaseId phase;
  bool never = false;
  std::optional<Duration> within;  // of the run's start
  bool operator==(const Reached&) const = default;
};
// `expect within 8d`: the run ends before that.
struct Lasted {
  Duration most = Duration::zero();
  bool operator==(const Lasted&) const = default;
};
using Expectation = std::variant<Ending, Reached, Lasted>;

struct Script {
  std::vector<ScriptLine> lines;
  std::vector<ScriptedAnswer> answers;
  std::optional<Duration> continues_after;  // a run that pauses goes on after so long
  std::vector<Expectation> expectations;    // in the order of the `expect` lines
  // What is assumed of the application: none of it stands in a plan.
  RowCount rows{1'000'000};
  std::int64_t reads_per_second = 200;
  std::int64_t writes_per_second = 20;
  bool operator==(const Script&) const = default;
};

// How the run is to end, where the script says it.
inline std::optional<Ending> expected_ending(const Script& script) {
  for (const Expectation& one : script.expectations) {
    if (const auto* ending = std::get_if<Ending>(&one)) return *ending;
  }
  return std::nullopt;
}

}  // namespace mig::plan
