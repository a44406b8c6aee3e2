// Runs what `mig test` runs of one compilation: its `test` blocks, and every inverse with rows that
// are made up. Needs no store; prints nothing.
//
// A failure is a diagnostic: M3031 of a test, M3011 of an inverse. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "compiler/compile.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "grammar/tree.hpp"
#include "runtime/clock.hpp"

namespace mig::cli {

struct PlanTestOptions {
  std::optional<std::uint32_t> seed;  // absent: of the plan's hash, so that it stays the same
  std::size_t rows = 1000;
  // Of an inverse, now and then: its name and the rows carried over so far; may be null.
  std::function<void(const std::string&, std::size_t)> watch;
};

enum class Verdict : std::uint8_t {
  Ok,
  Partly,   // no mistake, in fewer rows than were wanted: the rules reject most
  Nothing,  // not one row is accepted, so nothing was tried
  Failed,
};
std::string_view name(Verdict verdict);

// What generated rows had to say about an inverse.
struct InverseCounts {
  std::uint32_t seed = 0;
  std::size_t boundary = 0;
  std::size_t generated = 0;
  std::size_t rejected = 0;
  std::map<std::string, std::size_t> reasons;
};

// How the run of a plan that was tested ended.
struct SimulatedEnd {
  std::uint64_t seed = 0;
  std::optional<plan::Ending> ending;  // absent: it got stuck
  runtime::Duration lasted{};          // in the simulated world
};

struct PlanTestResult {
  std::string name;     // of the test, or of the plan or `plan.resource`
  std::string subject;  // the transform or plan that is tested, or `back`
  Verdict verdict = Verdict::Ok;
  std::optional<InverseCounts> inverse;    // absent: a `test` block
  std::optional<SimulatedEnd> simulation;  // of a plan
  compiler::Diagnostics diagnostics;
  runtime::Duration took{};
};

// Tests of transforms in their order, then those of plans, then the inverses. REQUIRES:
// `compilation` has no errors; `root` is the file that it was made of.
void run_plan_tests(const compiler::Compilation& compilation, const syntax::File& root,
                    const PlanTestOptions& options, const runtime::Clock& clock,
                    const std::function<void(const PlanTestResult&)>& report);

}  // namespace mig::cli
