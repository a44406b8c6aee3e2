#include "compiler/plan/machine/failure.hpp"

#include <algorithm>
#include <cassert>

#include "compiler/plan/machine/schedule.hpp"

namespace mig::plan {
namespace {

// Doubles from the first wait to the longest, without overflowing on the way.
Duration back_off(const Retry& retry, std::uint32_t failures) {
  Duration wait = retry.first_wait;
  for (std::uint32_t i = 0; i < failures && wait < retry.longest_wait; ++i)
    wait *= 2;
  return std::min(wait, retry.longest_wait);
}

PauseReason reason_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::Transient:
    case Trouble::Conflict:
    case Trouble::Permanent:
      return PauseReason::StepFailed;
    case Trouble::Breach:
      return PauseReason::Gate;
    case Trouble::NoData:
      return PauseReason::NoData;
    case Trouble::SourceError:
      return PauseReason::SourceError;
    case Trouble::UnknownEffect:
      return PauseReason::UnknownEffect;
    case Trouble::DiskFull:
      return PauseReason::Disk;
  }
  assert(false && "every trouble has a reason");
  return PauseReason::StepFailed;
}

// The newest done change of reads above a step.
std::optional<StepId> newest_reads(const Plan& plan, const RunState& state, StepId step) {
  for (std::uint32_t i = step.index; i > 0; --i) {
    const StepId earlier{i - 1};
    const bool is_reads = std::holds_alternative<RouteReads>(plan.at(earlier).action) &&
                          plan.resource_of(earlier) == plan.resource_of(step);
    if (is_reads && state.at(earlier).status == StepStatus::Done) return earlier;
  }
  return std::nullopt;
}

// Where the plan says to go back to; nothing where that is no step back.
std::optional<GoBack> way_back(const Plan& plan, const RunState& state, StepId step,
                               Trouble trouble) {
  const OnFail& policy = plan.at(step).on_fail;
  switch (policy.then) {
    case Finally::Rollback:
      return GoBack{};
    case Finally::RollbackTo:
      // A phase at or before the one to return to has nothing behind it that could be undone.
      if (plan.at(step).phase.index <= policy.to->index) return std::nullopt;
      return GoBack{.to = policy.to};
    case Finally::Pause:
      return std::nullopt;
    case Finally::Retreat: {
      // A gate that saw the wider share go wrong says nothing against the narrower one.
      const auto widened = newest_reads(plan, state, step);
      if (trouble != Trouble::Breach || !widened) return GoBack{};
      return GoBack{.retreat = widened};
    }
    case Finally::AllowPartial:
      return GoBack{.alone = plan.resource_of(step)};
  }
  assert(false && "every policy ends somehow");
  return std::nullopt;
}

}  // namespace

std::string_view name(Trouble trouble) {
  switch (trouble) {
    case Trouble::Transient:
      return "transient";
    case Trouble::Conflict:
      return "conflict";
    case Trouble::Permanent:
      return "permanent";
    case Trouble::Breach:
      return "breach";
    case Trouble::NoData:
      return "no_data";
    case Trouble::SourceError:
      return "source_error";
    case Trouble::UnknownEffect:
      return "unknown_effect";
    case Trouble::DiskFull:
      return "disk_full";
  }
  assert(false && "every trouble has a name");
  return {};
}

Consequence on_failure(const Plan& plan, const RunState& state, StepId step, Trouble trouble,
                       bool absence_pauses) {
  const OnFail& policy = plan.at(step).on_fail;
  const std::uint32_t failures = state.at(step).failures;
  const bool may_pass = trouble == Trouble::Transient || trouble == Trouble::Conflict;
  if (may_pass && (policy.retry.forever || failures < policy.retry.times)) {
    return TryAgain{back_off(policy.retry, failures)};
  }
  // A full disk, an unknown effect: going back would need what is missing, or guess.
  if (trouble == Trouble::DiskFull || trouble == Trouble::UnknownEffect || absence_pauses) {
    return Stop{reason_of(trouble)};
  }
  if (direction_of(plan, state, step) == Direction::Back) return Stop{PauseReason::RollbackBlocked};
  const auto back = way_back(plan, state, step, trouble);
  if (!back) return Stop{reason_of(trouble)};
  const bool is_barred_now = back->alone ? is_past_point_of_no_return(plan, state, *back->alone)
                                         : is_barred(plan, state, back->to, back->retreat);
  if (is_barred_now) return Stop{reason_of(trouble)};
  return *back;
}

}  // namespace mig::plan
