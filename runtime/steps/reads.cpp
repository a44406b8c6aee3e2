// `reads`: who answers, for which part of the keys and for which requests.
#include <fmt/format.h>

#include "compiler/plan/routing.hpp"
#include "runtime/steps/route_step.hpp"
#include "runtime/steps/waiting.hpp"

namespace mig::runtime {
namespace {

class ReadsStep final : public RouteStep {
 public:
  ReadsStep(const plan::RouteReads& action, plan::StepId id) : action_(action), id_(id) {}

  Result<Outcome> advance(World& world) override {
    MIG_TRY(route(world, action_));
    return Outcome{Done{describe(world, action_), {}}, {}};
  }

  Result<Outcome> undo(World& world) override {
    const auto before = plan::route_before<plan::RouteReads>(world.plan, id_);
    MIG_TRY(route(world, before));
    MIG_TRY(take_back(world));
    return Outcome{Done{fmt::format("{} again", describe(world, before)), {}}, {}};
  }

 private:
  static Result<void> route(World& world, const plan::RouteReads& action) {
    return tell(world, [&](Routes& routes) {
      routes.by = hashed_fields(world.plan, action);
      routes.reads = read_route(action);
    });
  }

  static std::string describe(const World& world, const plan::RouteReads& action) {
    return fmt::format("reads go to {}", print(world.plan, action));
  }

  plan::RouteReads action_;
  plan::StepId id_;
};

}  // namespace

std::unique_ptr<Step> make_reads(const plan::RouteReads& action, plan::StepId id) {
  return std::make_unique<ReadsStep>(action, id);
}

}  // namespace mig::runtime
