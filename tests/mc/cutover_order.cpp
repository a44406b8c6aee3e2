// The order of a cutover where writers are admitted by a gate and commit later: which orders let an
// acknowledged write stay behind.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

enum class Step : std::uint8_t { Fence, Drain, Position, Wait, Stop, Switch };
enum class Writer : std::uint8_t { Idle, Admitted, Acknowledged };

class Cutover {
 public:
  struct State {
    std::array<Writer, 2> writers{};
    std::uint8_t logged = 0;
    std::uint8_t applied = 0;
    std::uint8_t done = 0;  // steps of the order
    std::uint8_t position = 0;
    bool operator==(const State&) const = default;
  };

  explicit Cutover(std::vector<Step> order) : order_(std::move(order)) {}

  State initial() const { return {}; }

  void each_step(const State& state, Steps<State>& steps) const {
    for (std::size_t i = 0; i < state.writers.size(); ++i) {
      State next = state;
      if (state.writers[i] == Writer::Idle && !is_done(state, Step::Fence)) {
        next.writers[i] = Writer::Admitted;
        steps.to(next, [&] { return fmt::format("writer {} is admitted to the source", i); });
      } else if (state.writers[i] == Writer::Admitted) {
        next.writers[i] = Writer::Acknowledged;
        ++next.logged;
        steps.to(next, [&] { return fmt::format("writer {} commits there, acknowledged", i); });
      }
    }
    if (state.applied < state.logged && !is_done(state, Step::Stop)) {
      State next = state;
      ++next.applied;
      steps.to(next, "the follower applies one change");
    }
    if (state.done < order_.size()) cut(state, steps);
  }

  Judgement judge(const State& state) const {
    const bool is_over = state.done == order_.size();
    return is_over && state.applied < state.logged ? Judgement::Broken : Judgement::Holds;
  }

  std::string describe(const State& state) const {
    return fmt::format("switched with {} of {} changes applied", state.applied, state.logged);
  }

 private:
  bool is_done(const State& state, Step step) const {
    const auto end = order_.begin() + state.done;
    return std::find(order_.begin(), end, step) != end;
  }

  void cut(const State& state, Steps<State>& steps) const {
    State next = state;
    ++next.done;
    switch (order_[state.done]) {
      case Step::Fence:
        return steps.to(next, "fence");
      case Step::Drain:
        if (std::ranges::find(state.writers, Writer::Admitted) != state.writers.end()) return;
        return steps.to(next, "drained");
      case Step::Position:
        next.position = state.logged;
        return steps.to(next, [&] { return fmt::format("read position {}", next.position); });
      case Step::Wait:
        if (state.applied < state.position) return;
        return steps.to(next, [&] { return fmt::format("caught up to {}", state.position); });
      case Step::Stop:
        return steps.to(next, "stop the follower");
      case Step::Switch:
        return steps.to(next, "switch");
    }
  }

  std::vector<Step> order_;
};

}  // namespace

std::vector<Variant> cutover_orders() {
  using enum Step;
  return {
      control("D1", "fence, position, drain, wait, stop, switch", 89,
              Cutover({Fence, Position, Drain, Wait, Stop, Switch})),
      control("D2", "fence, position, wait, stop, switch: no drain", 88,
              Cutover({Fence, Position, Wait, Stop, Switch})),
      control("D3", "position, wait, fence, drain, stop, switch", 100,
              Cutover({Position, Wait, Fence, Drain, Stop, Switch})),
      safe("D4", "fence, drain, position, wait, stop, switch", 58,
           Cutover({Fence, Drain, Position, Wait, Stop, Switch})),
  };
}

}  // namespace mig::mc
