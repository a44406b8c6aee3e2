// What a compilation finds out about its texts beside diagnostics and plans, for an editor that
// shows it to whoever writes them: what names mean, and plans that are not safe yet.
//
// Filled by compile() as far as it comes, so it is there for a broken file, too. One compilation,
// one thread.
#pragma once

#include <string>
#include <vector>

#include "compiler/name_index.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::compiler {

// A plan whose every statement could be read; the checks of its order may have refused it.
struct DraftPlan {
  syntax::Span name;
  plan::Plan plan;
  std::vector<syntax::Span> step_spans;  // of each step, inside strategies as in the plan
};

// One param in one environment.
struct ResolvedParam {
  std::string environment;
  plan::Parameter parameter;
};

struct Insight {
  explicit Insight(const syntax::SourceSet& sources) : names(sources) {}

  NameIndex names;
  std::vector<DraftPlan> plans;       // of the root file, in the first environment
  std::vector<ResolvedParam> params;  // of every environment that was compiled
  plan::Plan declared;                // the root file's declarations, in the first environment
};

}  // namespace mig::compiler
