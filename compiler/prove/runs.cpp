#include "compiler/prove/runs.hpp"

#include <algorithm>
#include <cassert>

#include "compiler/plan/machine/apply.hpp"
#include "compiler/plan/machine/consequences.hpp"
#include "compiler/plan/machine/schedule.hpp"

namespace mig::compiler::prove {
namespace {

using plan::Direction;
using plan::RunState;
using plan::RunStatus;
using plan::StepId;
using plan::StepState;
using plan::StepStatus;

// What happened to a run, as a number for its memory; a failure has one for each trouble.
constexpr std::uint32_t kStarted = 0;
constexpr std::uint32_t kDone = 2;
constexpr std::uint32_t kCompleted = 4;
constexpr std::uint32_t kContinued = 5;
constexpr std::uint32_t kTakenBack = 6;
constexpr std::uint32_t kIsBack = 7;
constexpr std::uint32_t kFailed = 8;

// A run in a few bytes: what people read of it is left out, and so is when things happened.
class Packed {
 public:
  static std::string of(const RunState& run) {
    Packed packed;
    packed.put_head(run);
    packed.put_steps(run);
    return std::move(packed.text_);
  }

  static void into(const std::string& text, RunState& run) {
    Packed packed;
    packed.text_ = text;
    packed.take_head(run);
    packed.take_steps(run);
    assert(packed.next_ == text.size());
  }

 private:
  void put(std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i)
      text_.push_back(static_cast<char>(number >> (8 * i)));
  }
  std::uint32_t take(int bytes) {
    std::uint32_t number = 0;
    for (int i = 0; i < bytes; ++i)
      number |= static_cast<std::uint32_t>(static_cast<unsigned char>(text_.at(next_++)))
                << (8 * i);
    return number;
  }

  void put_head(const RunState& run) {
    text_.reserve(run.steps.size() + 8);
    put(static_cast<std::uint32_t>(run.status) | static_cast<std::uint32_t>(run.direction) << 4U,
        1);
    put(run.rollback_to ? run.rollback_to->index + 1 : 0, 2);
    put(run.retreat ? run.retreat->index + 1 : 0, 2);
  }
  void take_head(RunState& run) {
    const std::uint32_t head = take(1);
    run.status = static_cast<RunStatus>(head & 15U);
    run.direction = static_cast<Direction>(head >> 4U & 1U);
    // For what it pauses makes no difference to what may follow.
    if (run.status == RunStatus::Paused) run.reason = plan::PauseReason::Asked;
    if (const std::uint32_t to = take(2); to > 0) run.rollback_to = plan::PhaseId{to - 1};
    if (const std::uint32_t retreat = take(2); retreat > 0) run.retreat = StepId{retreat - 1};
  }

  // A step that was undone is as if it had never run: on the way back nothing starts again, and
  // where the way back ends on the way, it stands before its first start.
  void put_steps(const RunState& run) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
      const StepState& step = run.steps[i];
      const bool is_gone = run.direction == Direction::Back && step.status == StepStatus::Undone;
      const bool has_started = step.started > 0 && !is_gone;
      put(is_gone ? 0U
                  : static_cast<std::uint32_t>(step.status) |
                        static_cast<std::uint32_t>(step.direction) << 3U |
                        (has_started ? 1U : 0U) << 4U | std::min(step.failures, 7U) << 5U,
          1);
      if (has_started) order.push_back(i);
    }
    const auto started = [&](std::uint32_t i) { return run.steps[i].started; };
    if (std::ranges::is_sorted(order, {}, started)) return;  // as written: nothing more to say
    std::ranges::sort(order, {}, started);
    for (const std::uint32_t i : order)
      put(i, 2);
  }
  void take_steps(RunState& run) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
      const std::uint32_t packed = take(1);
      run.steps[i].status = static_cast<StepStatus>(packed & 7U);
      run.steps[i].direction = static_cast<Direction>(packed >> 3U & 1U);
      run.steps[i].failures = packed >> 5U;
      if ((packed >> 4U & 1U) != 0) order.push_back(i);
    }
    const bool is_as_written = next_ == text_.size();
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      const std::uint32_t step = is_as_written ? order[rank] : take(2);
      run.steps[step].started = ++run.starts;
    }
  }

  std::string text_;
  std::size_t next_ = 0;
};

}  // namespace

Runs::Runs(const plan::Plan& plan) : plan_(plan) {}

RunId Runs::keep(const RunState& state) {
  std::string text = Packed::of(state);
  if (const auto found = known_.find(text); found != known_.end()) return found->second;
  const auto id = static_cast<RunId>(texts_.size());
  texts_.push_back(std::move(text));
  known_.emplace(texts_.back(), id);
  facts_.emplace_back();
  return id;
}

RunState Runs::state_of(RunId run) const {
  RunState state = plan::initial_state(plan_);
  state.run = "run";
  Packed::into(texts_.at(run), state);
  return state;
}

void Runs::append(RunState& state, const plan::Record& record) const {
  const auto applied = plan::apply(plan_, state, {state.seq + 1, 0, 0, {}, record});
  assert(applied.has_value());
}

RunId Runs::first() {
  RunState state = plan::initial_state(plan_);
  append(state, plan::RunCreated{.run = "run"});
  append(state, plan::RunReady{.identities = std::vector<std::string>(plan_.stores.size())});
  append(state, plan::RunnerArrived{});
  return keep(state);
}

const Runs::Facts& Runs::at(RunId run) {
  if (facts_.at(run)) return *facts_[run];
  const RunState state = state_of(run);
  Facts facts{.status = state.status};
  facts.is_past_marker = is_past_point_of_no_return(plan_, state);
  if (state.status == RunStatus::Running) {
    facts.is_finished = plan::is_finished(plan_, state);
    facts.ready = plan::ready(plan_, state);
  }
  if (state.status == RunStatus::RollingBack) facts.next_undo = plan::next_undo(plan_, state);
  const bool is_open = state.status == RunStatus::Running || state.status == RunStatus::Paused;
  facts.may_go_back = is_open && state.direction == Direction::Forward && state.starts > 0 &&
                      !is_barred(plan_, state, {}, {});
  facts_[run] = std::move(facts);
  return *facts_[run];
}

template <class Make>
RunId Runs::remembered(RunId run, StepId step, std::uint32_t change, Make make) {
  const std::uint64_t key = std::uint64_t{run} << 32U | step.index << 8U | change;
  if (const auto found = memory_.find(key); found != memory_.end()) return found->second;
  RunState state = state_of(run);
  make(state);
  const RunId next = keep(state);
  memory_.emplace(key, next);
  return next;
}

RunId Runs::after(RunId run, std::uint32_t change, const plan::Record& record) {
  return remembered(run, StepId{}, change, [&](RunState& state) { append(state, record); });
}

RunId Runs::completed(RunId run) {
  return after(run, kCompleted, plan::RunCompleted{});
}
RunId Runs::continued(RunId run) {
  return after(run, kContinued, plan::RunContinued{});
}
RunId Runs::taken_back(RunId run) {
  return after(run, kTakenBack, plan::RollbackStarted{});
}
RunId Runs::is_back(RunId run) {
  return after(run, kIsBack, plan::RollbackEnded{});
}

RunId Runs::started(RunId run, StepId step, Direction direction) {
  return remembered(run, step, kStarted + static_cast<std::uint32_t>(direction),
                    [&](RunState& state) {
                      const StepState& now = state.at(step);
                      if (now.status != StepStatus::Running || now.direction != direction)
                        append(state, plan::StepStarted{step, direction});
                    });
}

RunId Runs::done(RunId run, StepId step, Direction direction) {
  return remembered(run, step, kDone + static_cast<std::uint32_t>(direction), [&](RunState& state) {
    append(state, plan::StepDone{.step = step, .direction = direction});
  });
}

RunId Runs::failed(RunId run, StepId step, plan::Trouble trouble) {
  return remembered(run, step, kFailed + static_cast<std::uint32_t>(trouble), [&](RunState& state) {
    for (const auto& record : records_of(plan_, state, {step, trouble, {}}, 0))
      append(state, record);
  });
}

}  // namespace mig::compiler::prove
