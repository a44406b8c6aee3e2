#include "runtime/engine/requests.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"

namespace mig::runtime {
namespace {

using plan::RunStatus;

// What a request leads to, or why not.
struct Answer {
  std::vector<plan::Record> effects;
  std::string because;  // not empty: refused
};

Answer refused(std::string because) {
  return Answer{{}, std::move(because)};
}

std::string is_now(const plan::RunState& state) {
  return fmt::format("the run is {}", name(state.status));
}

bool is_waiting(const plan::Plan& plan, const plan::RunState& state, plan::StepId id) {
  const auto steps = ready(plan, state);
  return std::ranges::find(steps, id) != steps.end();
}

Answer approve(const plan::Plan& plan, const plan::RunState& state, const Request& request) {
  const std::string who = request.want.substr(kWantApprove.size());
  bool is_known = false;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* step = std::get_if<plan::Approve>(&plan.steps[i].action);
    if (step == nullptr || step->who != who) continue;
    is_known = true;
    const plan::StepId id{i};
    if (!is_waiting(plan, state, id)) continue;
    if (request.who == state.author && !step->by_author) {
      return refused(
          fmt::format("`{}` started this run, and whoever starts one does not approve it; let "
                      "somebody else run `mig approve {}`, or say `by_author = true` in a new plan",
                      request.who, who));
    }
    return Answer{{plan::Approved{id, request.who, request.why, evidence(plan, state, id)}}, {}};
  }
  return refused(is_known ? fmt::format("nothing waits for `{}` now", who)
                          : fmt::format("no step waits for `{}`", who));
}

Answer accept_without_data(const plan::Plan& plan, const plan::RunState& state,
                           const Request& request) {
  const std::string gate = request.want.substr(kWantWithoutData.size());
  if (request.why.empty()) return refused("missing data is accepted with a reason only");
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    const auto* hold = std::get_if<plan::Hold>(&plan.steps[i].action);
    if (hold == nullptr) continue;
    const bool judges =
        std::ranges::any_of(hold->gates, [&](plan::GateId id) { return plan.at(id).name == gate; });
    const plan::StepId id{i};
    const bool is_open =
        state.at(id).status == plan::StepStatus::Failed || is_waiting(plan, state, id);
    if (!judges || !is_open) continue;
    return Answer{{plan::Approved{id, request.who, request.why, gate, /*without_data=*/true}}, {}};
  }
  return refused(fmt::format("no step waits for the gate `{}` now", gate));
}

Answer roll_back(const plan::Plan& plan, const plan::RunState& state, const Request& request) {
  if (is_past_point_of_no_return(plan, state)) {
    return refused(plan.resources.empty()
                       ? "the point of no return has passed: nothing undoes what was done since"
                       : "a resource has passed its point of no return; one that has not goes back "
                         "alone by `mig rollback --resource`, where its plan allows it");
  }
  const bool may = state.status != RunStatus::RollingBack && state.status != RunStatus::Pending;
  if (!may) return refused(is_now(state));
  return Answer{{plan::RollbackStarted{.why = request.why}}, {}};
}

Answer roll_back_alone(const plan::Plan& plan, const plan::RunState& state,
                       const Request& request) {
  const std::string wanted = request.want.substr(kWantRollbackOf.size());
  const auto found = std::ranges::find(plan.resources, wanted, &plan::Resource::name);
  if (found == plan.resources.end())
    return refused(fmt::format("the plan has no resource `{}`", wanted));
  const plan::ResourceId id{static_cast<std::uint32_t>(found - plan.resources.begin())};
  if (!may_go_back_alone(plan, id)) {
    return refused(fmt::format(
        "`{}` does not go back alone: its plan says so nowhere with `on_fail allow_partial`",
        wanted));
  }
  if (is_past_point_of_no_return(plan, state, id))
    return refused(fmt::format("`{}` has passed its point of no return", wanted));
  if (state.at(id).status != plan::ResourceStatus::Forward)
    return refused(fmt::format("`{}` is {}", wanted, name(state.at(id).status)));
  const bool goes_forward =
      state.direction == plan::Direction::Forward &&
      (state.status == RunStatus::Running || state.status == RunStatus::Paused);
  if (!goes_forward) return refused(is_now(state));
  return Answer{{plan::ResourceRollbackStarted{id, request.why}}, {}};
}

Answer decide(const plan::Plan& plan, const plan::RunState& state, const Request& request) {
  const std::string& want = request.want;
  if (state.has_ended()) return refused(is_now(state));
  if (want == kWantPause) {
    if (state.status != RunStatus::Running && state.status != RunStatus::RollingBack) {
      return refused(is_now(state));
    }
    return Answer{{plan::RunPaused{plan::PauseReason::Asked, request.why}}, {}};
  }
  if (want == kWantContinue) {
    if (state.status != RunStatus::Paused) return refused(is_now(state));
    return Answer{{plan::RunContinued{request.who}}, {}};
  }
  if (want == kWantAbort) {
    if (state.status == RunStatus::Failed) return refused(is_now(state));
    return Answer{{plan::RunAborted{request.who, request.why}}, {}};
  }
  if (want == kWantRollback) return roll_back(plan, state, request);
  if (want.starts_with(kWantRollbackOf)) return roll_back_alone(plan, state, request);
  if (want.starts_with(kWantApprove)) return approve(plan, state, request);
  if (want.starts_with(kWantWithoutData)) return accept_without_data(plan, state, request);
  return refused("this version does not know the request");
}

}  // namespace

std::vector<plan::Record> answer(const plan::Plan& plan, const plan::RunState& state,
                                 const Request& request) {
  Answer answer = decide(plan, state, request);
  if (!answer.because.empty()) {
    return {plan::RequestRefused{request.id, request.want, request.who, answer.because}};
  }
  std::vector<plan::Record> records{
      plan::RequestAccepted{request.id, request.want, request.who, request.why}};
  records.insert(records.end(), answer.effects.begin(), answer.effects.end());
  return records;
}

Result<void> answer_all(RunLog& log, const Lease& lease, const Clock& clock) {
  MIG_ASSIGN(requests, log.journal().requests_after(log.state().last_request));
  for (const Request& request : requests) {
    if (request.run != log.state().run) continue;
    MIG_TRY(log.append(lease, answer(log.plan(), log.state(), request), request.who, clock));
  }
  return {};
}

}  // namespace mig::runtime
