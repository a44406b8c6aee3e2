#include "compiler/prove/prove.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "compiler/plan/views.hpp"
#include "compiler/prove/projection.hpp"
#include "compiler/prove/trace.hpp"

namespace mig::compiler {
namespace {

using prove::Harm;

class Reporter {
 public:
  Reporter(const prove::Projection& projection, const std::vector<syntax::Span>& spans,
           Diagnostics& diagnostics)
      : projection_(projection), spans_(spans), diagnostics_(diagnostics) {}

  void report(const prove::Model& model, const prove::Finding& finding) {
    prove::Trace trace = tell(model, finding);
    // A run that harms somebody before mig has done anything is none of the plan's.
    assert(trace.cause.has_value());
    Report report = report_of(finding, span(*trace.cause), phrase_of(*trace.cause));
    add(report, std::move(trace));
  }

  void add(Report& report, prove::Trace trace) const {
    std::vector<TraceLine> lines;
    for (prove::Told& told : trace.lines) {
      TraceLine line{.number = told.number,
                     .actor = std::move(told.actor),
                     .phase = std::move(told.phase),
                     .text = std::move(told.text)};
      if (told.step) line.span = span(*told.step);
      lines.push_back(std::move(line));
    }
    report.trace(std::move(lines), std::move(trace.sentence));
  }

 private:
  syntax::Span span(plan::StepId step) const {
    return spans_.at(projection_.origin.at(step.index).index);
  }
  std::string phrase_of(plan::StepId step) const {
    return std::string(name(projection_.plan.at(step).action));
  }

  static bool goes_back(const prove::Finding& finding) {
    return std::ranges::any_of(finding.moves, [](const prove::Move& move) {
      return move.doing == prove::Doing::Undoes || move.doing == prove::Doing::CrashesUndoing;
    });
  }

  Report report_of(const prove::Finding& finding, const syntax::Span& at, const std::string& step) {
    switch (finding.harm) {
      case Harm::ReadMisses:
        if (finding.moves.back().doing == prove::Doing::ReadsOld && !goes_back(finding)) {
          return diagnostics_
              .report(at, diag::StaleReads,
                      "`old` answers, and misses what clients were told is safe")
              .help("let the new side answer first: `reads new`");
        }
        if (finding.moves.back().doing == prove::Doing::ReadsOld) {
          return diagnostics_
              .report(at, diag::LosesWrites, "the way back cannot be kept from here on")
              .help("keep the old side current: `writes new, old { mode = follow }`")
              .help(
                  "or say that there is no way back: put `point_of_no_return \"…\"` before this "
                  "step");
        }
        return diagnostics_
            .report(at, diag::StaleReads,
                    "`new` answers, and misses what clients were told is safe")
            .help("let the new side follow before it is filled: `writes old, new { … }`");
      case Harm::ReadLate:
        return diagnostics_.report(at, diag::StaleReads,
                                   "reads may be further behind than they allow");
      case Harm::ReadUncopied:
        return diagnostics_.report(at, diag::NotCompared, "`new` answers before the rows are there")
            .help("copy them first, and compare: `scan old -> new`, `verify`, `require`");
      case Harm::ReadLeftover:
        return diagnostics_
            .report(at, diag::Leftovers, "`new` may hold rows of an earlier run when it answers")
            .help("empty it first: `purge new`")
            .help(
                "or compare every row: `verify old, new { rows = all; repair = from_authority }`");
      case Harm::WriteToNothing:
      case Harm::ReadOfNothing:
        return diagnostics_.report(at, diag::UsedWhenGone,
                                   "from here on clients are sent to a table that is not there");
      case Harm::Narrowed:
        return diagnostics_.report(at, diag::SharedTable,
                                   fmt::format("`{}` makes narrower what clients use", step));
      case Harm::TakenInUse:
        return diagnostics_.report(at, diag::UsedWhenGone,
                                   fmt::format("`{}` takes away what clients use", step));
      case Harm::NoWayBack:
        return diagnostics_.report(
            at, diag::NoWayBack,
            fmt::format("`{}` cannot be undone, and stands where the plan promises a way back",
                        step));
      case Harm::Stuck:
        return diagnostics_
            .report(at, diag::Refusable,
                    fmt::format("`{}` may be refused where there is no way back", step))
            .help("ask before the point of no return");
      case Harm::MovedBack:
        return diagnostics_
            .report(at, diag::WrongRamp, "these reads send clients back to the old side")
            .help("shares grow; a failed gate goes back to the one before by itself");
      case Harm::EverybodyHit:
      case Harm::NothingToGoTo:
      case Harm::DoneTwice:
        break;  // of faults, which this search has none of
    }
    assert(false && "every harm has a code");
    return diagnostics_.report(at, diag::UsedWhenGone, "clients are harmed");
  }

  const prove::Projection& projection_;
  const std::vector<syntax::Span>& spans_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::string print(const Proof& proof) {
  if (proof.is_complete) {
    return fmt::format("proved safe ({} states, up to {} failures and {} crash)", proof.states,
                       prove::Bounds{}.failures, prove::Bounds{}.crashes);
  }
  return fmt::format(
      "not proved: {} states were looked at, and there are more; let fewer phases run side by side",
      proof.states);
}

Proof prove_safe(const plan::Plan& plan, const std::vector<syntax::Span>& step_spans,
                 Diagnostics& diagnostics) {
  Proof proof;
  const plan::Views views(plan);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const prove::Projection projection = prove::project(views.at(i));
    const prove::Model model(projection.plan);
    const prove::Outcome outcome = search(model, prove::Bounds{});
    if (outcome.finding)
      Reporter(projection, step_spans, diagnostics).report(model, *outcome.finding);
    proof.states += outcome.states;
    proof.is_complete = proof.is_complete && outcome.is_complete;
  }
  return proof;
}

Proof proof_of(const plan::Plan& plan) {
  Diagnostics none;
  return prove_safe(plan, std::vector<syntax::Span>(plan.steps.size()), none);
}

bool show_harm(const plan::Plan& view, const std::vector<syntax::Span>& step_spans,
               const std::set<Harm>& harms, prove::Fault fault, Report report,
               std::optional<plan::StepId> during, const std::vector<plan::StepId>& blamed) {
  const prove::Projection projection = prove::project(view);
  const prove::Model model(projection.plan, fault, during);
  const prove::Outcome outcome = search(model, prove::Bounds{}, harms);
  if (!outcome.finding) return false;
  prove::Trace trace = tell(model, *outcome.finding);
  const bool is_theirs =
      blamed.empty() || (trace.cause && std::ranges::find(blamed, *trace.cause) != blamed.end());
  if (!is_theirs) return false;
  Diagnostics none;
  Reporter(projection, step_spans, none).add(report, std::move(trace));
  return true;
}

}  // namespace mig::compiler
