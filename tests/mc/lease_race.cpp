// Two runners and one lease: where the token has to be looked at, so that no chunk is written twice
// when a runner that was stopped goes on.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

using Number = std::uint8_t;

enum class Look : std::uint8_t { Never, Before, InTransaction };
enum class Stage : std::uint8_t { Idle, Leased, Placed, Ready };

struct Runner {
  Stage stage = Stage::Idle;
  Number token = 0;
  Number chunk = 0;
  bool operator==(const Runner&) const = default;
};

class LeaseRace {
 public:
  static constexpr Number kTokens = 3;
  static constexpr Number kChunks = 2;

  struct State {
    Number token = 0;
    Number checkpoint = 0;
    std::array<Number, kChunks> writes{};  // of each chunk
    std::array<Runner, 2> runners;
    bool operator==(const State&) const = default;
  };

  explicit LeaseRace(Look look) : look_(look) {}

  State initial() const { return {}; }

  void each_step(const State& state, Steps<State>& steps) const {
    for (std::size_t i = 0; i < state.runners.size(); ++i) {
      run(state, i, steps);
    }
  }

  Judgement judge(const State& state) const {
    return std::ranges::max(state.writes) > 1 ? Judgement::Broken : Judgement::Holds;
  }

  std::string describe(const State& state) const {
    return fmt::format("chunks were written {} and {} times", state.writes[0], state.writes[1]);
  }

 private:
  void run(const State& state, std::size_t i, Steps<State>& steps) const {
    const Runner was = state.runners[i];
    const bool is_outdated = was.token != state.token;
    State next = state;
    Runner& runner = next.runners[i];
    switch (was.stage) {
      case Stage::Idle:
        if (state.token == kTokens) return;
        runner = {Stage::Leased, ++next.token, 0};
        return steps.to(next, [&] { return fmt::format("runner {} leases {}", i, next.token); });
      case Stage::Leased:
        if (state.checkpoint == kChunks) return;
        runner = {Stage::Placed, was.token, state.checkpoint};
        return steps.to(
            next, [&] { return fmt::format("runner {} reads checkpoint {}", i, runner.chunk); });
      case Stage::Placed:
        if (look_ == Look::Before && is_outdated) {
          runner = {};
          return steps.to(next, [&] { return fmt::format("runner {} sees another token", i); });
        }
        runner.stage = Stage::Ready;
        return steps.to(next, [&] {
          return fmt::format("runner {} {}", i,
                             look_ == Look::Before ? "sees its token" : "goes on");
        });
      case Stage::Ready:
        if (look_ == Look::InTransaction && is_outdated) {
          runner = {};
          return steps.to(next, [&] { return fmt::format("runner {} is turned back", i); });
        }
        ++next.writes[was.chunk];
        next.checkpoint = static_cast<Number>(was.chunk + 1);
        runner = {Stage::Leased, was.token, 0};
        return steps.to(next, [&] {
          return fmt::format("runner {} commits chunk {} with token {}", i, was.chunk, was.token);
        });
    }
  }

  Look look_;
};

}  // namespace

std::vector<Variant> lease_races() {
  return {
      control("E1", "lease: the token is looked at never", 63, LeaseRace(Look::Never)),
      control("E2", "lease: the token is looked at before the write", 87, LeaseRace(Look::Before)),
      safe("E3", "lease: the token is looked at in the write's transaction", 159,
           LeaseRace(Look::InTransaction)),
  };
}

}  // namespace mig::mc
