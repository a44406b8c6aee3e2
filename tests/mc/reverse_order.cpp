// Where the way back begins: its position has to be taken before the new side takes a write.
#include <algorithm>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

enum class Step : std::uint8_t { Open, StartReverse };

class Reverse {
 public:
  struct State {
    std::uint8_t done = 0;
    std::uint8_t logged = 0;    // at the target
    std::uint8_t position = 0;  // where the reverse follower begins
    bool operator==(const State&) const = default;
  };

  explicit Reverse(std::vector<Step> order) : order_(std::move(order)) {}

  State initial() const { return {}; }

  void each_step(const State& state, Steps<State>& steps) const {
    if (is_done(state, Step::Open) && state.logged < 2) {
      State next = state;
      ++next.logged;
      steps.to(next, "a write at the target is acknowledged");
    }
    if (state.done == order_.size()) return;
    State next = state;
    ++next.done;
    if (order_[state.done] == Step::Open) return steps.to(next, "open the target");
    next.position = state.logged;
    steps.to(next, [&] { return fmt::format("reverse begins at {}", next.position); });
  }

  Judgement judge(const State& state) const {
    return state.position > 0 ? Judgement::Broken : Judgement::Holds;
  }

  std::string describe(const State& state) const {
    return fmt::format("the way back lacks {} acknowledged writes", state.position);
  }

 private:
  bool is_done(const State& state, Step step) const {
    const auto end = order_.begin() + state.done;
    return std::find(order_.begin(), end, step) != end;
  }

  std::vector<Step> order_;
};

}  // namespace

std::vector<Variant> reverse_orders() {
  using enum Step;
  return {
      control("F1", "open the target, then start the reverse stream", 6,
              Reverse({Open, StartReverse})),
      safe("F2", "start the reverse stream, then open the target", 5,
           Reverse({StartReverse, Open})),
  };
}

}  // namespace mig::mc
