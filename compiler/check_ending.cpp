#include "compiler/check_ending.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/phrase.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/plan/views.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {
namespace {

using plan::Left;
using plan::StepId;

template <class Route>
std::optional<std::uint32_t> last(const plan::Plan& plan) {
  for (auto i = static_cast<std::uint32_t>(plan.steps.size()); i > 0; --i) {
    const bool is_here = is_own(plan, StepId{i - 1});
    if (is_here && std::holds_alternative<Route>(plan.steps[i - 1].action)) return i - 1;
  }
  return std::nullopt;
}

// A run up to the plan's end, after the step that says what is left on.
ToldRun ended_after(const plan::Plan& plan, StepId step, const std::vector<syntax::Span>& spans) {
  ToldRun run;
  run.mig(plan.at(plan.at(step).phase).name, plan::phrase(plan, step), spans[step.index])
      .gap()
      .other("mig", "the plan has ended");
  return run;
}

bool is_left(const plan::Plan& plan, Left what) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* leave = std::get_if<plan::Leave>(&plan.steps[i].action);
    if (leave != nullptr && leave->what == what && is_own(plan, StepId{i})) return true;
  }
  return false;
}

void check_writes(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                  Diagnostics& diagnostics) {
  const auto at = last<plan::RouteWrites>(plan);
  if (!at || is_left(plan, Left::Writes)) return;
  const auto& writes = std::get<plan::RouteWrites>(plan.steps[*at].action);
  if (writes.to == plan::Side::None) {
    auto report =
        diagnostics.report(spans[*at], diag::LeftOn, "the plan ends while nobody may write");
    report.help("open the new side at the end: `point_of_no_return \"why\"; writes new`")
        .help("or the old one again: `writes old`");
    ended_after(plan, StepId{*at}, spans)
        .other("app", "WRITE row 7: refused")
        .tell(report, "clients are refused for as long as nobody starts another plan");
    return;
  }
  if (!writes.mirror) return;
  auto report = diagnostics.report(spans[*at], diag::LeftOn,
                                   "the plan ends while writes still come to both sides");
  report.help("let one side go at the end: `point_of_no_return \"why\"; writes new`");
  ended_after(plan, StepId{*at}, spans)
      .other("app", fmt::format("WRITE row 7 to {}, acknowledged",
                                writes.to == plan::Side::Old ? "old" : "new"))
      .other("fault",
             fmt::format("what goes to `{}` is lost", writes.to == plan::Side::Old ? "new" : "old"))
      .tell(report, "the sides differ from then on, and no run is there to see it or to mend it");
  if (*writes.mirror == plan::WriteMode::Follow) return;
  report.help(fmt::format("or say that it is meant: `leave writes {} {{ because = \"…\" }}`",
                          writes.to == plan::Side::Old ? "old, new" : "new, old"));
}

void check_reads(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                 Diagnostics& diagnostics) {
  const auto at = last<plan::RouteReads>(plan);
  if (!at || is_left(plan, Left::Reads)) return;
  const auto& reads = std::get<plan::RouteReads>(plan.steps[*at].action);
  if (reads.to != plan::Side::New || (!reads.share && reads.where.empty() && !reads.through))
    return;
  auto report = diagnostics.report(spans[*at], diag::LeftOn,
                                   "the plan ends while both sides still answer reads");
  ended_after(plan, StepId{*at}, spans)
      .other("fault", "the new side answers wrongly")
      .other("app", "READ row 7 from new: wrong")
      .tell(report, "some clients are answered wrongly, and no gate looks at them any more");
  report.help("let one side answer them all: `reads new`")
      .help(
          "or say that it is meant, where writes come to both sides: "
          "`leave reads … { because = \"…\" }`");
}

// What is said of the end is said at the end: all else is done by then.
void check_last(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                Diagnostics& diagnostics) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const bool is_leave = std::holds_alternative<plan::Leave>(plan.steps[i].action);
    if (!is_leave || !is_own(plan, StepId{i})) continue;
    std::vector<bool> is_before(plan.steps.size());
    is_before[i] = true;
    for (std::uint32_t j = i + 1; j > 0; --j) {
      if (!is_before[j - 1]) continue;
      for (const StepId need : plan.steps[j - 1].needs)
        is_before[need.index] = true;
    }
    for (std::uint32_t j = 0; j < plan.steps.size(); ++j) {
      const bool is_other =
          !is_own(plan, StepId{j}) || std::holds_alternative<plan::Leave>(plan.steps[j].action);
      if (is_before[j] || is_other) continue;
      diagnostics.report(spans[i], diag::LeftOn, "`leave` says what stays when the plan has ended")
          .label(spans[j], "and this is not done by then")
          .help("write it as the last step");
      return;
    }
  }
}

}  // namespace

void check_ending(const plan::Plan& plan, const std::vector<syntax::Span>& spans,
                  Diagnostics& diagnostics) {
  check_writes(plan, spans, diagnostics);
  check_reads(plan, spans, diagnostics);
  check_last(plan, spans, diagnostics);
}

}  // namespace mig::compiler
