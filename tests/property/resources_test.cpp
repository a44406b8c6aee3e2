// Laws of plans whose resources move side by side: what goes back alone takes nothing along, and
// nobody passes a point of no return while another can still send everything back.
#include <algorithm>
#include <optional>
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "compiler/plan/machine/apply.hpp"
#include "compiler/plan/machine/failure.hpp"
#include "compiler/plan/machine/schedule.hpp"

namespace {

using namespace mig::plan;

constexpr std::uint32_t kResources = 2;
constexpr std::uint32_t kSteps = 3;  // of each resource
constexpr std::uint32_t kNoMarker = kSteps;

struct Shape {
  std::uint32_t markers[kResources];  // the position of each resource's marker
  Finally then[kResources];           // what a failure in it does
};

// A step above both resources, their steps in a row each, and a step below both.
Plan plan_of(const Shape& shape) {
  Plan plan;
  plan.name = "parts";
  const auto add_phase = [&](std::optional<ResourceId> resource) {
    plan.phases.push_back(Phase{.name = "p", .resource = resource});
    return PhaseId{static_cast<std::uint32_t>(plan.phases.size() - 1)};
  };
  const auto add_step = [&](PhaseId phase, std::vector<StepId> needs, Action action, Finally then) {
    const StepId id{static_cast<std::uint32_t>(plan.steps.size())};
    plan.steps.push_back(Step{.name = "s" + std::to_string(id.index),
                              .phase = phase,
                              .needs = std::move(needs),
                              .action = std::move(action),
                              .on_fail = {.then = then}});
    return id;
  };
  const StepId above = add_step(add_phase({}), {}, Hold{}, Finally::Rollback);
  std::vector<StepId> ends;
  for (std::uint32_t r = 0; r < kResources; ++r) {
    plan.resources.push_back(Resource{});
    const PhaseId phase = add_phase(ResourceId{r});
    StepId last = above;
    for (std::uint32_t i = 0; i < kSteps; ++i) {
      const bool is_marker = shape.markers[r] == i;
      last = add_step(phase, {last}, is_marker ? Action(PointOfNoReturn{}) : Action(Hold{}),
                      shape.then[r]);
    }
    ends.push_back(last);
  }
  add_step(add_phase({}), ends, Hold{}, Finally::Rollback);
  return plan;
}

class Driver {
 public:
  Driver(const Plan& plan, StepId broken, std::uint64_t seed)
      : plan_(plan), broken_(broken), state_(initial_state(plan)), random_(seed) {}

  // False where a record is refused, or where nothing can go on.
  bool run() {
    bool ok = put(RunCreated{.run = "r"}) && put(RunReady{}) && put(RunnerArrived{});
    for (int turns = 0; ok && turns < 200; ++turns) {
      if (state_.has_ended() || state_.status == RunStatus::Paused) return replays();
      ok = state_.status == RunStatus::RollingBack ? turn_back() : turn_forward();
    }
    return false;
  }
  const RunState& state() const { return state_; }

 private:
  bool put(Record record) {
    Entry entry{.seq = state_.seq + 1, .at = state_.seq, .epoch = 1, .record = std::move(record)};
    if (!apply(plan_, state_, entry)) return false;
    journal_.push_back(std::move(entry));
    return true;
  }

  bool turn_back() {
    const auto next = next_undo(plan_, state_);
    return next ? undo(*next) : put(RollbackEnded{});
  }
  bool undo(StepId id) {
    return put(StepStarted{id, Direction::Back}) && put(StepDone{id, Direction::Back, "", {}});
  }

  bool turn_forward() {
    if (is_finished(plan_, state_)) return put(RunCompleted{});
    std::vector<StepId> forward = ready(plan_, state_);
    const auto back = going_back(state_);
    const std::size_t choices = forward.size() + back.size();
    if (choices == 0) return false;
    const std::size_t chosen = random_() % choices;
    return chosen < forward.size() ? advance(forward[chosen])
                                   : turn_back_alone(back[chosen - forward.size()]);
  }

  bool turn_back_alone(ResourceId resource) {
    if (const auto next = next_undo(plan_, state_, resource))
      return plan_.resource_of(*next) == resource && undo(*next);
    if (!put(ResourceRolledBack{resource})) return false;
    const bool is_last = std::ranges::all_of(state_.resources, [](const ResourceState& one) {
      return one.status == ResourceStatus::RolledBack;
    });
    return !is_last || put(RollbackStarted{"all"});
  }

  bool advance(StepId id) {
    if (state_.at(id).status != StepStatus::Running) {
      if (std::holds_alternative<PointOfNoReturn>(plan_.at(id).action) && !may_pass(id))
        return false;
      return put(StepStarted{id});
    }
    if (id != broken_) return put(StepDone{id, Direction::Forward, "", {}});
    const auto consequence = on_failure(plan_, state_, id, Trouble::Permanent);
    if (!put(StepFailed{id, Direction::Forward, "permanent", "", 0})) return false;
    if (const auto* stop = std::get_if<Stop>(&consequence)) return put(RunPaused{stop->reason, ""});
    const auto& back = std::get<GoBack>(consequence);
    return back.alone ? put(ResourceRollbackStarted{*back.alone, ""})
                      : put(RollbackStarted{"", back.to, back.retreat});
  }

  // Written without the machine: whoever promises to take everything back can no longer fail before
  // its own marker.
  bool may_pass(StepId marker) const {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const auto whose = plan_.resource_of(StepId{i});
      if (!whose || whose == plan_.resource_of(marker)) continue;
      if (std::holds_alternative<PointOfNoReturn>(plan_.steps[i].action)) continue;
      const auto own = point_of_no_return(plan_, whose);
      const bool is_before = !own || i < own->index;
      const bool is_open = state_.steps[i].status != StepStatus::Done &&
                           state_.at(*whose).status != ResourceStatus::RolledBack;
      if (is_before && is_open && plan_.steps[i].on_fail.then == Finally::Rollback) return false;
    }
    return true;
  }

  bool replays() const {
    RunState again = initial_state(plan_);
    for (const Entry& entry : journal_) {
      if (!apply(plan_, again, entry)) return false;
    }
    return again == state_;
  }

  const Plan& plan_;
  StepId broken_;
  RunState state_;
  std::mt19937_64 random_;
  std::vector<Entry> journal_;
};

bool is_marked_before(const Plan& plan, StepId step) {
  const auto marker = point_of_no_return(plan, plan.resource_of(step));
  return marker && marker->index <= step.index;
}

// What became of the resource of a step.
bool is_all(const Plan& plan, const RunState& state, std::optional<ResourceId> resource,
            std::initializer_list<StepStatus> wanted) {
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.resource_of(StepId{i}) != resource) continue;
    if (std::ranges::find(wanted, state.steps[i].status) == wanted.end()) return false;
  }
  return true;
}

void check_end(const Plan& plan, const Shape& shape, StepId broken, const RunState& end) {
  const auto resource = plan.resource_of(broken);
  if (!resource) {
    CHECK((end.status == RunStatus::RolledBack || end.status == RunStatus::Paused));
    return;
  }
  const ResourceId other{1 - resource->index};
  if (shape.then[resource->index] == Finally::Pause || is_marked_before(plan, broken)) {
    CHECK(end.status == RunStatus::Paused);
    return;
  }
  if (shape.then[resource->index] == Finally::Rollback) {
    CHECK(end.status == RunStatus::RolledBack);
    CHECK_FALSE(is_past_point_of_no_return(plan, end));
    return;
  }
  CHECK(end.status == RunStatus::Completed);
  CHECK(is_partial(end));
  CHECK(end.at(*resource).status == ResourceStatus::RolledBack);
  CHECK(is_all(plan, end, resource, {StepStatus::Undone, StepStatus::Skipped}));
  CHECK(is_all(plan, end, other, {StepStatus::Done}));
  CHECK(is_all(plan, end, std::nullopt, {StepStatus::Done}));
}

// A run of two resources, record by record.
struct Hand {
  const Plan& plan;
  RunState state = initial_state(plan);

  void put(Record record) {
    const Entry entry{.seq = state.seq + 1, .epoch = 1, .record = std::move(record)};
    REQUIRE(apply(plan, state, entry).has_value());
  }
  void begin() {
    put(RunCreated{.run = "r"});
    put(RunReady{});
    put(RunnerArrived{});
  }
  void carry_out(std::initializer_list<std::uint32_t> steps) {
    for (const std::uint32_t step : steps) {
      REQUIRE(is_ready(plan, state, StepId{step}));
      put(StepStarted{{step}});
      put(StepDone{{step}, Direction::Forward, "", {}});
    }
  }
};

}  // namespace

TEST_CASE("whatever fails in one of two resources, every run ends where its plan says") {
  constexpr Finally kPolicies[] = {Finally::Rollback, Finally::Pause, Finally::AllowPartial};
  std::size_t runs = 0;
  for (std::uint32_t first = 0; first <= kNoMarker; ++first) {
    for (std::uint32_t second = 0; second <= kNoMarker; ++second) {
      for (const Finally one : kPolicies) {
        for (const Finally two : kPolicies) {
          const Shape shape{{first, second}, {one, two}};
          const Plan plan = plan_of(shape);
          for (std::uint32_t broken = 0; broken < plan.steps.size(); ++broken) {
            for (std::uint64_t seed = 0; seed < 8; ++seed) {
              INFO("markers " << first << ", " << second << ", policies " << static_cast<int>(one)
                              << ", " << static_cast<int>(two) << ", broken " << broken << ", seed "
                              << seed);
              Driver driver(plan, StepId{broken}, seed);
              REQUIRE(driver.run());
              check_end(plan, shape, StepId{broken}, driver.state());
              ++runs;
            }
          }
        }
      }
    }
  }
  CHECK(runs > 8'000);
}

TEST_CASE("where every resource goes back alone, the plan goes back as a whole") {
  const Shape shape{{kNoMarker, kNoMarker}, {Finally::AllowPartial, Finally::AllowPartial}};
  const Plan plan = plan_of(shape);
  RunState state = initial_state(plan);
  const auto put = [&](Record record) {
    const Entry entry{.seq = state.seq + 1, .epoch = 1, .record = std::move(record)};
    return apply(plan, state, entry).has_value();
  };
  REQUIRE((put(RunCreated{.run = "r"}) && put(RunReady{}) && put(RunnerArrived{})));
  REQUIRE((put(StepStarted{{0}}) && put(StepDone{{0}, Direction::Forward, "", {}})));
  for (const std::uint32_t resource : {0U, 1U}) {
    REQUIRE(put(ResourceRollbackStarted{{resource}, "why"}));
    CHECK_FALSE(put(ResourceRollbackStarted{{resource}, "twice"}));
    REQUIRE(put(ResourceRolledBack{{resource}}));
  }
  CHECK_FALSE(is_finished(plan, state));
  CHECK_FALSE(put(RunCompleted{}));
  REQUIRE(put(RollbackStarted{"all"}));
  REQUIRE(next_undo(plan, state) == StepId{0});
}

TEST_CASE(
    "a point of no return waits for who may still send everything back, or the way is barred") {
  // M4025; the steps of the first resource are 1 to 3, its marker is 2.
  const Plan plan = plan_of({{1, kNoMarker}, {Finally::Rollback, Finally::Rollback}});
  Hand kept{plan};
  kept.begin();
  kept.carry_out({0, 1});
  CHECK(held_back_by(plan, kept.state, StepId{2}) == std::vector{ResourceId{1}});
  CHECK_FALSE(is_ready(plan, kept.state, StepId{2}));
  CHECK_FALSE(is_barred(plan, kept.state, {}, {}));
  kept.carry_out({4, 5, 6, 2, 3});
  // Where nobody is waited for, a failure of the other resource finds no way back.
  const Plan heedless = plan_of({{1, kNoMarker}, {Finally::Rollback, Finally::AllowPartial}});
  Hand passed{heedless};
  passed.begin();
  passed.carry_out({0, 1, 2});
  CHECK(is_barred(plan, passed.state, {}, {}));
}

TEST_CASE("a step below the resources runs although one of them went back alone") {
  // M4015: so it must not need what that one was to move.
  const Plan plan = plan_of({{kNoMarker, kNoMarker}, {Finally::AllowPartial, Finally::Rollback}});
  Hand hand{plan};
  hand.begin();
  hand.carry_out({0});
  hand.put(StepStarted{{1}});
  const auto then = on_failure(plan, hand.state, StepId{1}, Trouble::Permanent);
  REQUIRE(std::holds_alternative<GoBack>(then));
  CHECK(std::get<GoBack>(then).alone == ResourceId{0});
  hand.put(StepFailed{.step = {1}});
  hand.put(ResourceRollbackStarted{{0}, "why"});
  while (const auto undo = next_undo(plan, hand.state, ResourceId{0})) {
    hand.put(StepStarted{*undo, Direction::Back});
    hand.put(StepDone{*undo, Direction::Back, "", {}});
  }
  hand.put(ResourceRolledBack{{0}});
  hand.carry_out({4, 5, 6, 7});
  CHECK(is_finished(plan, hand.state));
}
