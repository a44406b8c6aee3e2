// The model of a cutover with the router `table`: what may be chosen in it, and its state.
//
// One key; a row is the number of the write that made it. The copy is done and the follower of the
// old side runs. The promise: the side that leads always has the newest acknowledged write; when
// its follower has nothing left to do the other side has it too, so that a way back loses nothing;
// and the side that the route names does not refuse its writers.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/mc/explorer.hpp"

namespace mig::mc {

using Number = std::uint8_t;
constexpr Number kOld = 0;
constexpr Number kNew = 1;
constexpr Number kHeld = 2;         // of the route: nobody is let in
constexpr std::size_t kDirect = 2;  // the writer that no router knows

// A step of a cutover, done to a side.
struct Act {
  enum class Kind : std::uint8_t {
    Preflight,
    Fence,
    Guard,  // its writes are refused, also those that no router knows
    Drain,
    Position,
    Wait,
    Follow,
    Flip,
    GuardAndFlip,  // in one transaction, if nothing is newer than the position
    Unguard,
    Open
  };
  Kind kind;
  Number side;

  std::string_view words() const;
};

struct SwitchDesign {
  std::vector<Act> plan;
  bool locks_route = true;    // a routed writer holds the route's row until its commit
  bool guard_waits = true;    // for statements that are not committed
  bool guards_target = true;  // before the new side is opened
  bool checks_epoch = true;   // in each step, so that a runner that lost its lease is turned back
  Number direct_side = kOld;
  Number direct_writes = 2;
  Number routed_writes = 3;
  Number repeats = 1;   // of steps after which the runner died
  Number given_up = 1;  // cutovers, by a runner that took over
};

class Switchover {
 public:
  struct Writer {
    enum class Stage : std::uint8_t { Idle, Routed, Wrote };
    Stage stage = Stage::Idle;
    Number side = kOld;
    auto operator<=>(const Writer&) const = default;
  };

  struct Side {
    Number row = 0;
    bool is_logging = false;
    Number logged = 0;
    bool is_followed = false;
    Number position = 0;
    bool has_read = false;  // its follower has a row in hand
    Number read = 0;
    Number read_end = 0;
    bool is_guarded = false;
    bool operator==(const Side&) const = default;
  };

  struct State {
    Number route = kOld;
    Number authority = kOld;  // in the journal
    std::array<Side, 2> sides;
    std::array<Writer, 3> writers;
    Number written = 0;
    Number newest = 0;  // acknowledged
    Number routed_writes = 0;
    Number direct_writes = 0;
    Number position = 0;
    Number done = 0;  // steps of the plan
    Number repeats = 0;
    Number given_up = 0;
    bool has_stopped = false;  // a runner that was taken over from, and does not know it
    Number stopped_at = 0;     // its place in the plan
    Number stopped_position = 0;
    bool operator==(const State&) const = default;
  };

  explicit Switchover(SwitchDesign design) : design_(std::move(design)) {}

  State initial() const;
  void each_step(const State& state, Steps<State>& steps) const;
  Judgement judge(const State& state) const;
  std::string describe(const State& state) const;

 private:
  void write(const State& state, std::size_t i, Steps<State>& steps) const;
  static void execute(State& next, std::size_t i, std::string_view who, Steps<State>& steps);
  static void follow(const State& state, Number from, Steps<State>& steps);
  static bool has_writers(const State& state, Writer::Stage least, Number side);
  bool holds_route(const State& state) const;
  void switch_over(const State& state, Steps<State>& steps) const;
  bool take(State& state, const Act& act) const;
  void give_up(const State& state, Steps<State>& steps) const;
  void go_on(const State& state, Steps<State>& steps) const;

  SwitchDesign design_;
};

}  // namespace mig::mc
