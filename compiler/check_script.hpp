// Checks what a scenario says of a simulated run: the statements of a scenario file, and those in a
// `test "…" of` a plan. One statement a line:
//
//   set chunk = 500 rows                          as `--set` would
//   assume rows = 2_000_000 rows                  also `reads = 400 req/s`, `writes = 20 req/s`
//   at PLACE: READING = VALUE [for DURATION]      what a metric says from then on
//   at PLACE: no_data GATE [for DURATION]         the gate sees nothing
//   at PLACE: fail [TIMES]                        for good, or so many attempts
//   at PLACE: crash | pause | continue | rollback
//   crash at PLACE
//   approve "WHO" after DURATION                  who is not named approves at once
//   refuse approve "WHO" [after DURATION]
//   no_data GATE from DURATION to DURATION        since the start of the run
//   continue after DURATION                       whenever the run pauses
//   expect completed | rolled_back | paused | partial
//   expect [never] reached PHASE [within DURATION]
//   expect within DURATION                        for the whole run
//
// PLACE is `PHASE [VERB] [SHARE] [after DURATION]` or `start [after DURATION]`: the first step of
// the phase, or the first of that verb, or the one that moves to that share; and so long after it
// starts. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/constants.hpp"
#include "compiler/plan/script.hpp"

namespace mig::compiler {

struct ScriptScope {
  const syntax::SourceSet& sources;
  const plan::Plan& plan;
  Constants& constants;
  const Module& module;
  Diagnostics& diagnostics;
};

// What is wrong is reported, and left out.
plan::Script check_script(const ScriptScope& scope,
                          const std::vector<syntax::Statement>& statements);

// The `set` lines as `NAME=VALUE`: a plan is compiled with them before its scenario is checked.
std::vector<std::string> settings_of(const syntax::SourceSet& sources,
                                     const std::vector<syntax::Statement>& statements);

// A file that holds nothing but a scenario; it knows no params.
plan::Script check_scenario(const syntax::SourceSet& sources, const syntax::File& file,
                            const plan::Plan& plan, Diagnostics& diagnostics);

}  // namespace mig::compiler
