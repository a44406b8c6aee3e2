#include "tests/mc/explorer.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace mig::mc;

// A jug that is filled by threes and emptied by fives, and must not hold `forbidden`.
struct Jug {
  struct State {
    std::uint8_t litres = 0;
    bool operator==(const State&) const = default;
  };
  std::uint8_t most = 9;
  std::uint8_t forbidden = 0xFF;
  std::uint8_t settled = 0xFF;
  bool can_be_emptied = true;

  State initial() const { return {}; }
  void each_step(const State& state, Steps<State>& steps) const {
    if (state.litres + 3 <= most) steps.to({std::uint8_t(state.litres + 3)}, "three in");
    if (can_be_emptied && state.litres >= 5) {
      steps.to({std::uint8_t(state.litres - 5)}, [] { return std::string("five out"); });
    }
  }
  Judgement judge(const State& state) const {
    if (state.litres == forbidden) return Judgement::Broken;
    return state.litres == settled ? Judgement::Holds : Judgement::Unsettled;
  }
  std::string describe(const State& state) const { return std::to_string(state.litres); }
};

}  // namespace

TEST_CASE("a search visits each state once, and counts those that settle") {
  const Finding finding = explore(Jug{.most = 9, .settled = 8});
  CHECK_FALSE(finding.is_broken);
  CHECK(finding.states == 10);  // every number of litres up to nine
  CHECK(finding.settled == 1);
  CHECK(finding.trace.empty());
}

TEST_CASE("what breaks is shown by its shortest path") {
  const Finding finding = explore(Jug{.most = 9, .forbidden = 4});
  CHECK(finding.is_broken);
  CHECK(finding.trace ==
        std::vector<std::string>{"three in", "three in", "three in", "five out", "4"});
}

TEST_CASE("a state that nothing leaves is broken unless it is settled") {
  const Finding stuck = explore(Jug{.most = 4, .can_be_emptied = false});
  CHECK(stuck.is_broken);
  CHECK(stuck.trace ==
        std::vector<std::string>{"three in", "3: nothing can happen, and nothing is settled"});
  CHECK_FALSE(explore(Jug{.most = 4, .settled = 3, .can_be_emptied = false}).is_broken);
}
