// What happens under a plan that breaks a rule, told as the prover tells a run.
//
// For the rules that need no search: what they forbid follows from the plan's own words and
// numbers. Used by the checks that know them, one thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"

namespace mig::compiler {

// Moves are counted from 1; texts may name earlier ones by `last()`.
class ToldRun {
 public:
  // What mig does, and where it is written.
  ToldRun& mig(std::string phase, std::string text, const syntax::Span& at) {
    lines_.push_back({.number = ++last_, .actor = "mig", .phase = std::move(phase)});
    lines_.back().text = std::move(text);
    lines_.back().span = at;
    return *this;
  }
  ToldRun& undo(std::string phase, std::string text, const syntax::Span& at) {
    mig(std::move(phase), std::move(text), at);
    lines_.back().actor = "undo";
    return *this;
  }
  // What somebody else does: `app`, `you`, `fault`, `time`.
  ToldRun& other(std::string actor, std::string text) {
    lines_.push_back({.number = ++last_, .actor = std::move(actor)});
    lines_.back().text = std::move(text);
    return *this;
  }
  // Moves that do not matter are left out here.
  ToldRun& gap() {
    ++last_;
    lines_.push_back({.text = "…"});
    return *this;
  }

  std::size_t last() const { return last_; }
  // `outcome`: what it means, in a sentence.
  void tell(Report report, std::string outcome) {
    report.trace(std::move(lines_), std::move(outcome));
  }

 private:
  std::vector<TraceLine> lines_;
  std::size_t last_ = 0;
};

}  // namespace mig::compiler
