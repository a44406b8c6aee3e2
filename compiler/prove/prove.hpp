// Proves that nothing that may happen to a plan harms a client, or shows the shortest run that
// does.
//
// Used by the compiler, once what can be said of a plan without searching was found in order, and
// by tests, which let the search find what a rule of the compiler would have kept out.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/prove/search.hpp"

namespace mig::compiler {

// How much was searched.
struct Proof {
  std::size_t states = 0;
  bool is_complete = true;  // false: not proved, since there are more states than were looked at
  bool operator==(const Proof&) const = default;
};
// `proved safe (1,619 states, …)`, or why not.
std::string print(const Proof& proof);

// Reports a plan that harms clients, with the shortest run that does. A plan with resources is
// searched once for each of them.
Proof prove_safe(const plan::Plan& plan, const std::vector<syntax::Span>& step_spans,
                 Diagnostics& diagnostics);
// Of a plan that was compiled: how much was searched to prove it.
Proof proof_of(const plan::Plan& plan);

// Adds to a report the shortest run that does one of these harms, with that fault if need be; a
// plan that does none gets nothing. Whether there is one. With `during`, a step of the projection,
// the fault comes while that step may be at work. Of steps that are blamed the run has one as its
// cause, or it is not shown.
bool show_harm(const plan::Plan& view, const std::vector<syntax::Span>& step_spans,
               const std::set<prove::Harm>& harms, prove::Fault fault, Report report,
               std::optional<plan::StepId> during = {},
               const std::vector<plan::StepId>& blamed = {});

}  // namespace mig::compiler
