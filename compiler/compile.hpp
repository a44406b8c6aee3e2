// Compiles: texts in, plans and diagnostics out. Pure; the command line reads the files.
//
// A flat list of passes; a later one runs only on what the earlier ones left whole, so one mistake
// gives one message.
#pragma once

#include <string>
#include <vector>

#include "compiler/constants.hpp"
#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/insight.hpp"
#include "compiler/library.hpp"
#include "compiler/plan/hash.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/plan_test.hpp"
#include "compiler/program.hpp"
#include "compiler/prove/prove.hpp"
#include "compiler/transform_test.hpp"

namespace mig::compiler {

struct Compilation {
  std::vector<plan::Plan> plans;  // of the root file, in its order; empty when anything is wrong
  std::vector<Proof> proofs;      // of each plan, what was searched
  plan::Hash source_hash;         // of what the texts mean, whatever their layout; before params
  std::vector<std::string> environments;    // that the root file declares
  bool settings_ok = true;                  // the environment exists and every `--set` fits
  std::vector<const LibraryText*> library;  // what it uses of the library; source_hash covers it
  std::vector<TransformTest> tests;         // of the root file; no hash covers them
  std::vector<PlanTest> plan_tests;         // the same, of plans
  // What all plans share, as a plan without sides and steps: what tests speak of.
  plan::Plan declared;
  // Of each transform, the fields of its driving row that it says are lost.
  std::vector<std::vector<std::uint32_t>> drops;
};

// Compiles the root file (the first input) for one environment. The inputs were parsed without
// mistakes or with mistakes that are in `diagnostics` already; then only what is independent of
// them is checked. What the program uses of the library, and each use of a strategy, is added to
// the sources, so that diagnostics can show it. What else was found out goes into `insight`.
Compilation compile(syntax::SourceSet& sources, const std::vector<Input>& inputs,
                    const Settings& settings, Diagnostics& diagnostics, Insight* insight = nullptr);

// Compiles the root file for every environment that it declares, or for the one of a file without
// any. What is reported for one is not repeated for the next.
std::vector<Compilation> compile_everywhere(syntax::SourceSet& sources,
                                            const std::vector<Input>& inputs,
                                            Diagnostics& diagnostics, Insight* insight = nullptr);

}  // namespace mig::compiler
