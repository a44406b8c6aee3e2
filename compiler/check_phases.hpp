// The phases of a plan, or of a resource in it: their names first, since a policy may lead back to
// any of them, then their order and their steps.
//
// Made by check_plan for one block; it collects, and checks what it collected.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/check_plan.hpp"

namespace mig::compiler {

// Phases such that whoever waits for them waits for every phase above.
using Frontier = std::vector<plan::PhaseId>;

class PhaseChecker {
 public:
  PhaseChecker(Analysis& analysis, PlanScope& scope, Context context)
      : analysis_(analysis), scope_(scope), context_(context) {}

  // Names the phases among the statements, which are passed over otherwise. The statements outlive
  // the checker.
  void collect(const std::vector<const syntax::Statement*>& statements);
  bool has_phases() const { return has_phases_; }

  // Lowers what was collected. The first phases wait for `frontier`; the last ones are the result.
  Frontier check(const Frontier& frontier);

 private:
  void collect(const syntax::Statement& statement, bool in_parallel);
  void collect_phase(const syntax::Statement& statement);
  void check(const syntax::Statement& statement, Frontier outside, Frontier& frontier);
  void check_phase(const syntax::Statement& statement, plan::PhaseId id, Frontier after);
  std::optional<plan::PhaseId> find_phase(const syntax::Expr& name, plan::PhaseId self);
  std::vector<plan::StepId> ends_of(plan::PhaseId id) const;

  Analysis& analysis_;
  PlanScope& scope_;
  Context context_;
  std::vector<const syntax::Statement*> statements_;
  std::map<const syntax::Statement*, plan::PhaseId> positions_;
  Frontier base_;  // what all of them wait for
  bool has_phases_ = false;
};

}  // namespace mig::compiler
