// A second runner takes over while the first is only slow: where the epoch has to stand, and when
// it has to be looked at, so that nothing of the first is committed after the second has begun.
//
// A runner takes the lease in its journal, installs its epoch in the target's fence, reads the
// position, and follows: reads a row, opens a transaction, looks at the fence, commits row and
// position. Between any two steps it may be stopped for any time. The promise: the target never
// goes back to an older row, and when the holder of the lease has nothing left to do both are
// equal.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

using Number = std::uint8_t;

enum class Look : std::uint8_t { Locked, Unlocked, Before, Never };
enum class Install : std::uint8_t { BeforePosition, AfterPosition, Never };

struct Design {
  Look look = Look::Locked;
  Install install = Install::BeforePosition;
  bool compares_position = false;  // in the transaction, with the one it went on from
  bool counts_once = true;  // promised too: what is accounted for is what lies behind the position
};

struct Runner {
  enum class Stage : std::uint8_t { Idle, Leased, Half, Following, HasRow, Looked, Open };
  Stage stage = Stage::Idle;
  Number epoch = 0;
  Number position = 0;
  Number row = 0;  // the log's end when it was read
  bool operator==(const Runner&) const = default;
};

class Takeover {
 public:
  static constexpr Number kEpochs = 4;
  static constexpr Number kWrites = 4;

  struct State {
    Number lease = 0;
    Number fence = 0;
    Number source = 0;  // how often the row was written, which is also the log's length
    Number target = 0;
    Number position = 0;
    Number counted = 0;  // changes that were accounted for
    bool went_back = false;
    std::array<Runner, 2> runners;
    bool operator==(const State&) const = default;
  };

  explicit Takeover(Design design) : design_(design) {}

  State initial() const { return {}; }

  void each_step(const State& state, Steps<State>& steps) const {
    if (state.source < kWrites) {
      State next = state;
      ++next.source;
      steps.to(next, [&] { return fmt::format("a client writes row {}", next.source); });
    }
    for (std::size_t i = 0; i < state.runners.size(); ++i) {
      run(state, i, steps);
    }
  }

  Judgement judge(const State& state) const {
    if (state.went_back) return Judgement::Broken;
    if (design_.counts_once && state.counted != state.position) return Judgement::Broken;
    for (const Runner& runner : state.runners) {
      if (runner.epoch != state.lease || runner.stage != Runner::Stage::Following) continue;
      if (runner.position < state.source) continue;
      return state.target == state.source ? Judgement::Holds : Judgement::Broken;
    }
    return Judgement::Unsettled;
  }

  std::string describe(const State& state) const {
    return fmt::format("source has row {}, target row {}; {} of {} changes counted", state.source,
                       state.target, state.counted, state.position);
  }

 private:
  void run(const State& state, std::size_t i, Steps<State>& steps) const {
    State next = state;
    Runner& runner = next.runners[i];
    switch (runner.stage) {
      case Runner::Stage::Idle:
        if (state.lease == kEpochs) return;
        runner = {.stage = Runner::Stage::Leased, .epoch = ++next.lease};
        return steps.to(next, [&] { return fmt::format("runner {} leases {}", i, runner.epoch); });
      case Runner::Stage::Leased:
        runner.stage =
            design_.install == Install::Never ? Runner::Stage::Following : Runner::Stage::Half;
        if (design_.install == Install::BeforePosition) return install(next, i, steps);
        return place(next, i, steps);
      case Runner::Stage::Half:
        runner.stage = Runner::Stage::Following;
        if (design_.install == Install::AfterPosition) return install(next, i, steps);
        return place(next, i, steps);
      case Runner::Stage::Following:
        if (runner.position == state.source) return;
        runner.row = state.source;
        runner.stage = Runner::Stage::HasRow;
        return steps.to(next, [&] { return fmt::format("runner {} reads row {}", i, runner.row); });
      case Runner::Stage::HasRow:
        return begin(state, i, steps);
      case Runner::Stage::Looked:
        runner.stage = Runner::Stage::Open;
        return steps.to(next, [&] { return fmt::format("runner {} begins", i); });
      case Runner::Stage::Open:
        return commit(state, i, steps);
    }
  }

  // Changes the fence row, which waits for everybody who holds it.
  void install(State& next, std::size_t i, Steps<State>& steps) const {
    const bool is_held = std::ranges::any_of(
        next.runners, [](const Runner& runner) { return runner.stage == Runner::Stage::Open; });
    if (is_held && design_.look == Look::Locked) return;
    const Number epoch = next.runners[i].epoch;
    const bool is_outdated = epoch < next.fence;
    if (is_outdated) next.runners[i] = {};
    next.fence = std::max(next.fence, epoch);
    steps.to(next, [&] {
      return fmt::format("runner {} {} epoch {}", i, is_outdated ? "is too late with" : "installs",
                         epoch);
    });
  }

  static void place(State& next, std::size_t i, Steps<State>& steps) {
    next.runners[i].position = next.position;
    steps.to(next, [&] { return fmt::format("runner {} is at {}", i, next.position); });
  }

  void begin(const State& state, std::size_t i, Steps<State>& steps) const {
    State next = state;
    Runner& runner = next.runners[i];
    if (design_.look != Look::Never && runner.epoch < state.fence) {
      runner = {};
      return steps.to(next, [&] { return fmt::format("runner {} is turned back", i); });
    }
    const bool looks_apart = design_.look == Look::Before;
    runner.stage = looks_apart ? Runner::Stage::Looked : Runner::Stage::Open;
    steps.to(next, [&] {
      return fmt::format("runner {} {}", i, looks_apart ? "sees its epoch" : "begins");
    });
  }

  void commit(const State& state, std::size_t i, Steps<State>& steps) const {
    State next = state;
    Runner& runner = next.runners[i];
    const bool is_elsewhere = design_.compares_position && runner.position != state.position;
    runner.stage = Runner::Stage::Following;
    if (is_elsewhere) {
      runner.position = state.position;
      runner.row = 0;
      return steps.to(next, [&] { return fmt::format("runner {} finds another position", i); });
    }
    next.went_back = runner.row < state.target;
    next.counted = static_cast<Number>(state.counted + (runner.row - runner.position));
    next.target = next.position = runner.position = runner.row;
    runner.row = 0;
    steps.to(next, [&] {
      return fmt::format("runner {} commits row {} with epoch {}", i, next.target, runner.epoch);
    });
  }

  Design design_;
};

}  // namespace

std::vector<Variant> takeovers() {
  const auto of = [](Design design) { return Takeover(design); };
  return {
      safe("R1", "two runners: the epoch is looked at in each transaction, under a lock", 3845,
           of({})),
      control("R2", "the epoch is looked at never", 1825,
              of({.look = Look::Never, .counts_once = false})),
      control("R3", "the epoch is looked at before the transaction", 3231,
              of({.look = Look::Before, .counts_once = false})),
      control("R4", "the epoch is looked at in the transaction, without a lock", 1844,
              of({.look = Look::Unlocked, .counts_once = false})),
      control("R5", "the takeover leaves the target's fence as it is", 989,
              of({.install = Install::Never, .counts_once = false})),
      control("R6", "the position is read before the epoch is installed", 1173,
              of({.install = Install::AfterPosition})),
      safe("R7", "the same where nothing is counted: touched keys are only read again", 8525,
           of({.install = Install::AfterPosition, .counts_once = false})),
      safe("R8", "the same, the transaction compares the position", 5975,
           of({.install = Install::AfterPosition, .compares_position = true})),
  };
}

}  // namespace mig::mc
