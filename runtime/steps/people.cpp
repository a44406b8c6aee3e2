// Steps for people: `approve` waits for one, `accept` and `point_of_no_return` say something to
// one.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/waiting.hpp"

namespace mig::runtime {
namespace {

class ApproveStep final : public Step {
 public:
  ApproveStep(const plan::Approve& action, plan::StepId id) : action_(action), id_(id) {}

  // An approval counts for what was shown: when a step before this one has another outcome now, it
  // is void.
  Result<Outcome> advance(World& world) override {
    const std::string wanted = evidence(world.plan, world.state, id_);
    bool was_void = false;
    for (const plan::Approval& approval : world.state.approvals) {
      if (approval.step != id_) continue;
      if (approval.evidence == wanted) {
        return Outcome{Done{fmt::format("approved by {}", approval.who), {}}, {}};
      }
      was_void = true;
    }
    const Instant started(std::chrono::microseconds(world.state.at(id_).started_at));
    Instant until = Instant::max();
    if (action_.within) {
      until = started + std::chrono::duration_cast<Instant::duration>(*action_.within);
      if (world.clock.now() >= until) {
        return Outcome{
            Failed{plan::Trouble::Breach, fmt::format("`{}` has not approved within {}",
                                                      action_.who, plan::print(*action_.within))},
            {}};
      }
    }
    return Outcome{WaitUntil{until,
                             {},
                             fmt::format("for the approval of `{}`{}", action_.who,
                                         was_void ? "; an earlier one was for another state" : ""),
                             /*for_person=*/true},
                   {}};
  }

  Result<Outcome> undo(World&) override { return Outcome{Done{"nothing to undo", {}}, {}}; }

 private:
  plan::Approve action_;
  plan::StepId id_;
};

// Says something and does nothing: it is there to be read.
class SayingStep final : public Step {
 public:
  explicit SayingStep(std::string said) : said_(std::move(said)) {}
  Result<Outcome> advance(World&) override { return Outcome{Done{said_, {}}, {}}; }
  Result<Outcome> undo(World&) override { return Outcome{Done{"nothing to undo", {}}, {}}; }

 private:
  std::string said_;
};

}  // namespace

std::unique_ptr<Step> make_approve(const plan::Approve& action, plan::StepId id) {
  return std::make_unique<ApproveStep>(action, id);
}

std::unique_ptr<Step> make_accept(const plan::Accept& action, plan::StepId) {
  return std::make_unique<SayingStep>(fmt::format("accepted: {}", action.reason));
}

std::unique_ptr<Step> make_marker(const plan::PointOfNoReturn& action, plan::StepId) {
  return std::make_unique<SayingStep>(fmt::format("no way back: {}", action.reason));
}

}  // namespace mig::runtime
