#include "compiler/check_way_back.hpp"

#include <algorithm>
#include <cassert>
#include <vector>

#include <fmt/format.h>

#include "compiler/plan/phrase.hpp"
#include "compiler/plan/routing.hpp"
#include "compiler/plan/views.hpp"
#include "compiler/told_run.hpp"

namespace mig::compiler {
namespace {

using plan::Duration;
using plan::StepId;

// Where nothing fails. Steps go back one after the other, and each is stopped at its limit.
class WayBack {
 public:
  explicit WayBack(const plan::Plan& plan) : plan_(plan), views_(plan) {}

  // From where it is longest: right before the points of no return.
  void measure() {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const StepId id{i};
      const plan::Plan& view = views_.of(id);
      if (is_behind(id) || undo_of(view, plan_.at(id)) != plan::UndoKind::Inverse) continue;
      drain_ += drain(view, id);
      const Duration most = limit(view, id);
      limits_ += most;
      ++steps_;
      if (most <= longest_limit_) continue;
      longest_limit_ = most;
      longest_ = id;
    }
  }

  Duration whole() const { return drain_ + limits_; }

  std::string shown() const {
    std::string text =
        fmt::format("{} steps are undone, by their limits in {}", steps_, plan::print(limits_));
    if (drain_ > Duration::zero())
      text += fmt::format(", and {} go by until the old side has caught up", plan::print(drain_));
    return text;
  }
  // The longest of the ways back, with what it has come to.
  void tell(Report report, const syntax::Span& promise) const {
    const Duration others = limits_ - longest_limit_;
    ToldRun run;
    run.mig("", fmt::format("promises to be back within {}", plan::print(*plan_.rollback_within)),
            promise)
        .gap()
        .other("you", "mig rollback");
    if (drain_ > Duration::zero())
      run.other("time", fmt::format("{} until the old side has caught up", plan::print(drain_)));
    run.other("undo", fmt::format("{}: up to {}", plan::phrase(plan_, longest_),
                                  plan::print(longest_limit_)));
    if (others > Duration::zero())
      run.other("undo", fmt::format("{} other steps: up to {}", steps_ - 1, plan::print(others)));
    run.tell(report, fmt::format("the old side serves as before when {} have gone by",
                                 plan::print(whole())));
  }

  std::string longest() const {
    return fmt::format("the longest is `{}`, with {}", plan::phrase(plan_, longest_),
                       plan::print(longest_limit_));
  }

 private:
  bool is_behind(StepId id) const {
    const auto marker = point_of_no_return(plan_, plan_.resource_of(id));
    return marker && steps_behind(plan_, *marker)[id.index];
  }

  // Where the authority goes back, nobody writes until the side that led has been followed to its
  // end, and that is less than a step's limit.
  static bool is_moved(const plan::Plan& view, StepId id) {
    const auto* writes = std::get_if<plan::RouteWrites>(&view.at(id).action);
    return writes != nullptr && writes->to == plan::Side::New &&
           plan::writes_before(view, id).authority != plan::Side::New;
  }
  static Duration drain(const plan::Plan& view, StepId id) {
    if (!is_moved(view, id)) return Duration::zero();
    return std::get<plan::RouteWrites>(view.at(id).action).max_lag.value_or(Duration::zero());
  }
  static Duration limit(const plan::Plan& view, StepId id) {
    if (is_moved(view, id)) return plan::longest_pause(view, id);
    return view.at(id).limit.value_or(Duration::zero());
  }

  const plan::Plan& plan_;
  plan::Views views_;
  Duration drain_ = Duration::zero();
  Duration limits_ = Duration::zero();
  Duration longest_limit_ = Duration::zero();
  StepId longest_;
  std::size_t steps_ = 0;
};

}  // namespace

void check_way_back(const plan::Plan& plan, const syntax::Span& promise, Diagnostics& diagnostics) {
  assert(plan.rollback_within.has_value());
  WayBack way(plan);
  way.measure();
  if (way.whole() <= *plan.rollback_within) return;
  auto report = diagnostics.report(promise, diag::TooLongBack, plan::print(way.whole()),
                                   plan::print(*plan.rollback_within));
  way.tell(report, promise);
  report.note(way.shown())
      .note(way.longest())
      .help(fmt::format("promise what it may take: `rollback_within {}`", plan::print(way.whole())))
      .help("or let fewer steps stand before the point of no return");
}

}  // namespace mig::compiler
