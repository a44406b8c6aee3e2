// `leave`: the end of a plan that both sides go on to share. What the run still has to carry over
// is carried over; from then on whoever the mode names keeps both sides alike, and mig does not.
#include <optional>

#include <fmt/format.h>

#include "compiler/plan/routing.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/steps/waiting.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kEntriesAtOnce = 1000;

class LeaveStep final : public Step {
 public:
  LeaveStep(const plan::Leave& action, plan::StepId id) : action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override {
    if (action_.what == plan::Left::Writes) {
      MIG_ASSIGN(is_drained, follow(world));
      if (!is_drained) return Outcome{More{.cursor = "what was written is carried over"}, {}};
    }
    return Outcome{
        Done{fmt::format("stays so: {}; {}", left_on(world.plan, id_), action_.reason), {}}, {}};
  }

  Result<Outcome> undo(World&) override { return Outcome{Done{"nothing to undo", {}}, {}}; }

 private:
  // True when nothing newer stands in the log.
  Result<bool> follow(World& world) {
    if (!follower_) {
      const plan::WritesState writes = plan::writes_before(world.plan, id_);
      MIG_ASSIGN(opened, Follower::open(world, writes.followed(), writes.leads()));
      follower_.emplace(std::move(opened));
    }
    MIG_ASSIGN(followed, follower_->advance(world, kEntriesAtOnce));
    return followed.is_drained;
  }

  plan::Leave action_;
  plan::StepId id_;
  std::optional<Follower> follower_;
};

}  // namespace

std::unique_ptr<Step> make_leave(const plan::Leave& action, plan::StepId id) {
  return std::make_unique<LeaveStep>(action, id);
}

}  // namespace mig::runtime
