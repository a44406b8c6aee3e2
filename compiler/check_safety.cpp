#include "compiler/check_safety.hpp"

#include <algorithm>
#include <cassert>
#include <string>

#include <fmt/format.h>

namespace mig::compiler {
namespace {

using plan::StepId;

class SafetyChecker {
 public:
  SafetyChecker(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                Diagnostics& diagnostics)
      : plan_(plan), spans_(spans), diagnostics_(diagnostics) {
    assert(spans.size() == plan.steps.size());
  }

  void check() {
    check_point_of_no_return();
    check_overwriting();
  }

 private:
  // M4006: what cannot be undone stands behind a marker, there is one marker, and it marks
  // something.
  void check_point_of_no_return() {
    std::optional<std::uint32_t> marker;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      if (!std::holds_alternative<plan::PointOfNoReturn>(plan_.steps[i].action)) continue;
      if (marker) {
        diagnostics_
            .report(spans_[i], diag::NoWayBack,
                    "this is a second point of no return, and a plan has one")
            .label(spans_[*marker], "the first one is here")
            .help("keep the first: behind it nothing is undone");
        return;
      }
      marker = i;
    }
    const std::vector<bool> behind =
        marker ? steps_behind(*marker) : std::vector<bool>(plan_.steps.size());
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const plan::Step& step = plan_.steps[i];
      if (i == marker || behind[i] || undo_of(plan_, step) != plan::UndoKind::None) continue;
      auto report = diagnostics_.report(
          spans_[i], diag::NoWayBack,
          fmt::format("{} cannot be undone, and stands where the plan promises a way back",
                      describe(step)));
      if (marker) report.label(spans_[*marker], "the point of no return is here");
      report.help(
          "put `point_of_no_return \"why\"` right before the first step that cannot be undone");
      if (const auto* sql = std::get_if<plan::Sql>(&step.action); sql && !marker) {
        report.help("or say what undoes the statement: `undo = \"…\"`");
      }
      return;
    }
    if (marker) check_marker(*marker);
  }

  void check_marker(std::uint32_t marker) {
    bool last = true;
    for (std::uint32_t i = marker + 1; i < plan_.steps.size(); ++i) {
      const auto& needs = plan_.steps[i].needs;
      if (std::ranges::find(needs, StepId{marker}) == needs.end()) continue;
      last = false;
      if (undo_of(plan_, plan_.steps[i]) == plan::UndoKind::None) return;
    }
    auto report =
        diagnostics_.report(spans_[marker], diag::NoWayBack,
                            last ? "nothing happens behind this point of no return"
                                 : "the step behind this point of no return can be undone");
    report.help("put it right before the first step that cannot be undone");
  }

  std::vector<bool> steps_behind(std::uint32_t marker) const {
    std::vector<bool> behind(plan_.steps.size());
    for (std::uint32_t i = marker + 1; i < plan_.steps.size(); ++i) {
      behind[i] = std::ranges::any_of(plan_.steps[i].needs, [&](StepId need) {
        return need.index == marker || behind[need.index];
      });
    }
    return behind;
  }

  // M4013: a copy that replaces rows while clients write to the new side overwrites what they
  // wrote.
  void check_overwriting() {
    const plan::Step* writes_new = nullptr;
    std::uint32_t since = 0;
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const plan::Step& step = plan_.steps[i];
      if (const auto* writes = std::get_if<plan::RouteWrites>(&step.action)) {
        writes_new = writes->to == plan::Side::New ? &step : nullptr;
        since = i;
      }
      const auto* copy = std::get_if<plan::Copy>(&step.action);
      if (copy == nullptr || writes_new == nullptr ||
          copy->on_conflict != plan::OnConflict::Replace)
        continue;
      diagnostics_.report(spans_[i], diag::OverwritesNewer)
          .label(spans_[since], "from here on clients write to `new`")
          .help("write `on_conflict = keep`, or copy before the writes move");
    }
  }

  static std::string describe(const plan::Step& step) {
    return fmt::format("`{}`", name(step.action));
  }

  const plan::Plan& plan_;
  const std::vector<syntax::Span>& spans_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_safety(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                  Diagnostics& diagnostics) {
  SafetyChecker(plan, spans, diagnostics).check();
}

}  // namespace mig::compiler
