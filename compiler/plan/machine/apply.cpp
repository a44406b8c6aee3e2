#include "compiler/plan/machine/apply.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "compiler/plan/overloaded.hpp"

namespace mig::plan {
namespace {

using Refusal = std::optional<std::string>;

Refusal refuse(std::string why) {
  return why;
}

// Says why a record cannot follow; looks only, so that a refusal changes nothing.
class Gatekeeper {
 public:
  Gatekeeper(const Plan& plan, const RunState& state, const Entry& entry)
      : plan_(plan), state_(state), entry_(entry) {}

  Refusal judge() const {
    if (entry_.seq <= state_.seq) return refuse("records go forward");
    if (entry_.epoch < state_.epoch) return refuse("an older epoch wrote it");
    return std::visit([this](const auto& record) { return judge(record); }, entry_.record);
  }

 private:
  Refusal judge(const RunCreated&) const {
    return state_.run.empty() ? Refusal() : refuse("the run exists already");
  }
  Refusal judge(const RunReady& record) const {
    if (auto missing = wants({RunStatus::Pending})) return missing;
    if (record.identities.size() != plan_.stores.size()) return refuse("it names other stores");
    return {};
  }
  Refusal judge(const RunnerArrived&) const {
    return wants({RunStatus::Ready, RunStatus::Running, RunStatus::Paused, RunStatus::RollingBack,
                  RunStatus::Failed});
  }
  Refusal judge(const StepStarted& record) const {
    if (auto unknown = wants_step(record.step)) return unknown;
    if (record.direction == Direction::Forward) {
      if (auto missing = wants({RunStatus::Running})) return missing;
      return is_ready(plan_, state_, record.step) ? Refusal() : refuse("the step is not ready");
    }
    const auto resource = plan_.resource_of(record.step);
    const bool alone = state_.status == RunStatus::Running && goes_back(resource);
    if (!alone) {
      if (auto missing = wants({RunStatus::RollingBack})) return missing;
    }
    const auto next = alone ? next_undo(plan_, state_, *resource) : next_undo(plan_, state_);
    return next == record.step ? Refusal() : refuse("another step is undone first");
  }
  Refusal judge(const StepProgressed& record) const { return wants_open(record.step); }
  Refusal judge(const StepRewound& record) const { return wants_open(record.step); }
  Refusal judge(const StepDone& record) const {
    if (auto closed = wants_open(record.step, record.direction)) return closed;
    if (!record.counts.balance()) return refuse("its counts do not balance");
    return {};
  }
  Refusal judge(const StepFailed& record) const {
    return wants_open(record.step, record.direction);
  }
  Refusal judge(const GateJudged& record) const {
    if (record.gate.index >= plan_.gates.size()) return refuse("the plan has no such gate");
    return wants_open(record.step, Direction::Forward);
  }
  Refusal judge(const WindowAwaited& record) const {
    if (record.phase.index >= plan_.phases.size()) return refuse("the plan has no such phase");
    return wants({RunStatus::Running});
  }
  Refusal judge(const Approved& record) const {
    if (auto unknown = wants_step(record.step)) return unknown;
    if (has_ended()) return refuse("the run has ended");
    return {};
  }
  Refusal judge(const RunPaused&) const {
    return wants({RunStatus::Running, RunStatus::RollingBack});
  }
  Refusal judge(const RunContinued&) const { return wants({RunStatus::Paused}); }
  Refusal judge(const RollbackStarted& record) const {
    if (record.to && record.to->index >= plan_.phases.size())
      return refuse("the plan has no such phase");
    if (record.retreat && record.retreat->index >= plan_.steps.size())
      return refuse("the plan has no such step");
    if (is_barred(plan_, state_, record.to, record.retreat))
      return refuse("the point of no return has passed");
    return wants({RunStatus::Ready, RunStatus::Running, RunStatus::Paused, RunStatus::Failed});
  }
  Refusal judge(const RollbackEnded&) const {
    if (auto missing = wants({RunStatus::RollingBack})) return missing;
    return next_undo(plan_, state_) ? refuse("a step is not undone yet") : Refusal();
  }
  Refusal judge(const RunCompleted&) const {
    if (auto missing = wants({RunStatus::Running})) return missing;
    return is_finished(plan_, state_) ? Refusal() : refuse("a step is not done yet");
  }
  Refusal judge(const ResourceRollbackStarted& record) const {
    if (auto unknown = wants_resource(record.resource)) return unknown;
    if (auto missing = wants({RunStatus::Running, RunStatus::Paused})) return missing;
    if (state_.direction == Direction::Back) return refuse("everything goes back already");
    if (state_.at(record.resource).status != ResourceStatus::Forward)
      return refuse("the resource goes back already");
    return is_past_point_of_no_return(plan_, state_, record.resource)
               ? refuse("the point of no return has passed")
               : Refusal();
  }
  Refusal judge(const ResourceRolledBack& record) const {
    if (auto unknown = wants_resource(record.resource)) return unknown;
    if (auto missing = wants({RunStatus::Running})) return missing;
    if (!goes_back(record.resource)) return refuse("the resource does not go back");
    return next_undo(plan_, state_, record.resource) ? refuse("a step is not undone yet")
                                                     : Refusal();
  }
  Refusal judge(const Warned&) const {
    return wants({RunStatus::Running, RunStatus::Paused, RunStatus::RollingBack});
  }
  Refusal judge(const RunAborted&) const {
    return wants({RunStatus::Pending, RunStatus::Ready, RunStatus::Running, RunStatus::Paused,
                  RunStatus::RollingBack});
  }
  Refusal judge(const RequestAccepted& record) const { return wants_newer(record.request); }
  Refusal judge(const RequestRefused& record) const { return wants_newer(record.request); }

  bool has_ended() const { return state_.has_ended(); }
  bool goes_back(std::optional<ResourceId> resource) const {
    return resource && state_.at(*resource).status == ResourceStatus::RollingBack;
  }
  Refusal wants_resource(ResourceId resource) const {
    return resource.index < plan_.resources.size() ? Refusal()
                                                   : refuse("the plan has no such resource");
  }

  Refusal wants(std::initializer_list<RunStatus> statuses) const {
    if (state_.run.empty()) return refuse("there is no run yet");
    if (std::ranges::find(statuses, state_.status) != statuses.end()) return {};
    return refuse(fmt::format("the run is {}", name(state_.status)));
  }
  Refusal wants_step(StepId step) const {
    return step.index < plan_.steps.size() ? Refusal() : refuse("the plan has no such step");
  }
  Refusal wants_open(StepId step) const {
    if (auto unknown = wants_step(step)) return unknown;
    return state_.at(step).status == StepStatus::Running ? Refusal()
                                                         : refuse("the step is not running");
  }
  Refusal wants_open(StepId step, Direction direction) const {
    if (auto closed = wants_open(step)) return closed;
    return state_.at(step).direction == direction ? Refusal()
                                                  : refuse("the step goes the other way");
  }
  Refusal wants_newer(std::int64_t request) const {
    return request > state_.last_request ? Refusal() : refuse("the request was answered before");
  }

  const Plan& plan_;
  const RunState& state_;
  const Entry& entry_;
};

// Applies a record that the gatekeeper let through.
class Mover {
 public:
  Mover(const Plan& plan, RunState& state, const Entry& entry)
      : plan_(plan), state_(state), at_(entry.at), actor_(entry.actor) {}

  void operator()(const RunCreated& record) {
    state_.run = record.run;
    state_.author = actor_;
    state_.created_at = at_;
  }
  void operator()(const RunReady& record) {
    state_.status = RunStatus::Ready;
    state_.identities = record.identities;
  }
  void operator()(const RunnerArrived&) {
    if (state_.status == RunStatus::Ready) state_.status = RunStatus::Running;
  }
  void operator()(const StepStarted& record) {
    StepState& step = state_.steps[record.step.index];
    if (step.direction != record.direction) step.failures = 0;
    step.status = StepStatus::Running;
    step.direction = record.direction;
    step.not_before = 0;
    if (record.direction == Direction::Forward && step.started == 0) {
      step.started = ++state_.starts;
      step.started_at = at_;
    }
  }
  void operator()(const StepProgressed& record) {
    step(record).cursor = record.cursor;
    step(record).counts = record.counts;
  }
  void operator()(const StepRewound& record) {
    step(record).cursor = record.cursor;
    step(record).counts = record.counts;
  }
  void operator()(const StepDone& record) {
    StepState& done = step(record);
    done.failures = 0;
    done.summary = record.summary;
    if (record.direction == Direction::Forward) {
      done.status = StepStatus::Done;
      done.counts = record.counts;
    } else {
      done.status = StepStatus::Undone;
    }
    note_writes(record.step, record.direction);
  }
  void operator()(const StepFailed& record) {
    StepState& failed = step(record);
    failed.status = StepStatus::Failed;
    ++failed.failures;
    failed.not_before = record.retry_at;
    failed.summary = record.message;
  }
  void operator()(const GateJudged&) {}
  void operator()(const WindowAwaited&) {}  // the plan and the clock say the same to whoever asks
  void operator()(const Approved& record) {
    state_.approvals.push_back(
        Approval{record.step, record.who, record.why, record.evidence, record.without_data});
  }
  void operator()(const RunPaused& record) {
    state_.status = RunStatus::Paused;
    state_.reason = record.reason;
    state_.detail = record.detail;
  }
  void operator()(const RunContinued&) {
    const bool goes_back = state_.direction == Direction::Back;
    state_.status = goes_back ? RunStatus::RollingBack : RunStatus::Running;
    state_.reason.reset();
    state_.detail.clear();
    for (StepState& step : state_.steps) {
      if (step.status == StepStatus::Failed) step.not_before = 0, step.failures = 0;
    }
  }
  void operator()(const RollbackStarted& record) {
    state_.status = RunStatus::RollingBack;
    state_.reason.reset();
    state_.direction = Direction::Back;
    state_.rollback_to = record.to;
    state_.retreat = record.retreat;
    state_.detail = record.why;
  }
  void operator()(const RollbackEnded&) {
    if (!state_.rollback_to && !state_.retreat) {
      state_.warnings.clear();
      state_.status = RunStatus::RolledBack;
      state_.ended_at = at_;
      return;
    }
    // The steps that were undone stand before their first start again; what a resource undoes on
    // its own stays undone.
    for (std::uint32_t i = 0; i < state_.steps.size(); ++i) {
      const auto resource = plan_.resource_of(StepId{i});
      if (resource && state_.at(*resource).status != ResourceStatus::Forward) continue;
      if (state_.steps[i].status == StepStatus::Undone) state_.steps[i] = StepState{};
    }
    state_.direction = Direction::Forward;
    state_.status = RunStatus::Paused;
    state_.reason = state_.retreat ? PauseReason::Gate : PauseReason::StepFailed;
    state_.rollback_to.reset();
    state_.retreat.reset();
  }
  void operator()(const RunCompleted&) {
    state_.warnings.clear();
    state_.status = RunStatus::Completed;
    state_.ended_at = at_;
  }
  void operator()(const ResourceRollbackStarted& record) {
    ResourceState& resource = state_.resources[record.resource.index];
    resource.status = ResourceStatus::RollingBack;
    resource.detail = record.why;
    state_.status = RunStatus::Running;
    state_.reason.reset();
  }
  void operator()(const ResourceRolledBack& record) {
    state_.resources[record.resource.index].status = ResourceStatus::RolledBack;
    for (std::uint32_t i = 0; i < state_.steps.size(); ++i) {
      if (plan_.resource_of(StepId{i}) != record.resource) continue;
      StepState& step = state_.steps[i];
      if (step.started == 0) step.status = StepStatus::Skipped;
    }
  }
  void operator()(const Warned& record) {
    std::erase_if(state_.warnings, [&](const Warning& it) { return it.about == record.about; });
    if (!record.is_over)
      state_.warnings.push_back({record.about, record.message, record.is_urgent});
  }
  void operator()(const RunAborted& record) {
    state_.status = RunStatus::Failed;
    state_.reason.reset();
    state_.detail = record.why;
  }
  void operator()(const RequestAccepted& record) { state_.last_request = record.request; }
  void operator()(const RequestRefused& record) { state_.last_request = record.request; }

 private:
  template <class StepRecord>
  StepState& step(const StepRecord& record) {
    return state_.steps[record.step.index];
  }

  // The clock of an accepted downtime runs from the moment nobody may write to the moment somebody
  // may.
  void note_writes(StepId id, Direction direction) {
    const auto* writes = std::get_if<RouteWrites>(&plan_.at(id).action);
    const auto resource = own_state(plan_, id);
    if (writes == nullptr || !resource) return;
    const bool stopped = writes->to == Side::None && direction == Direction::Forward;
    state_.resources[resource->index].writes_stopped_at =
        stopped ? std::optional(at_) : std::nullopt;
  }

  const Plan& plan_;
  RunState& state_;
  Micros at_;
  const std::string& actor_;
};

}  // namespace

RunState initial_state(const Plan& plan) {
  RunState state;
  state.steps.resize(plan.steps.size());
  state.resources.resize(std::max<std::size_t>(1, plan.resources.size()));
  return state;
}

std::expected<void, std::string> apply(const Plan& plan, RunState& state, const Entry& entry) {
  assert(state.steps.size() == plan.steps.size());
  if (auto refusal = Gatekeeper(plan, state, entry).judge())
    return std::unexpected(std::move(*refusal));
  std::visit(Mover(plan, state, entry), entry.record);
  state.seq = entry.seq;
  state.epoch = entry.epoch;
  assert(state.reason.has_value() == (state.status == RunStatus::Paused));
  return {};
}

}  // namespace mig::plan
