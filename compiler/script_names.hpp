// What the names of a scenario mean in its plan: steps, gates, readings, approvers.
//
// Used by check_script. A name that means nothing is reported once, with the one that was probably
// meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/check_script.hpp"

namespace mig::compiler {

class ScriptNames {
 public:
  explicit ScriptNames(const ScriptScope& scope) : scope_(scope) {}

  // The first step of the phase that has that verb, and moves to that share, where they are said.
  std::optional<plan::StepId> step(const syntax::Expr& phase, const syntax::Expr* verb,
                                   const syntax::Expr* share, std::optional<plan::Ratio> ratio);
  std::optional<plan::PhaseId> phase(const syntax::Expr& name);
  std::optional<plan::GateId> gate(const syntax::Expr& name);
  // One that some gate of the plan looks at: nobody would notice any other.
  std::optional<plan::Reading> reading(const syntax::Expr& expr);
  plan::Unit unit_of(const plan::Reading& reading) const;
  bool knows_approver(std::string_view who, const syntax::Span& at);

 private:
  std::string text(const syntax::Expr& expr) const;

  const ScriptScope& scope_;
};

}  // namespace mig::compiler
