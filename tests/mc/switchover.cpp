// The switch of authority from the old side to the new, and back, while routed writers and writers
// behind the router's back go on: which steps, in which order, keep every acknowledged write.
#include "tests/mc/switchover.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace mig::mc {
namespace {

using State = Switchover::State;

// The routed writers do the same; who of them is where makes no difference.
State sorted(State state) {
  std::sort(state.writers.begin(), state.writers.begin() + kDirect);
  return state;
}

const char* name(Number side) {
  return side == kOld ? "old" : "new";
}

std::string row(Number value) {
  return value == 0 ? "the first row" : fmt::format("row {}", value);
}

}  // namespace

State Switchover::initial() const {
  State state;
  state.sides[kOld].is_logging = true;
  state.sides[kOld].is_followed = true;
  state.sides[kNew].is_guarded = design_.guards_target;
  return state;
}

void Switchover::each_step(const State& state, Steps<State>& steps) const {
  for (std::size_t i = 0; i < state.writers.size(); ++i) {
    write(state, i, steps);
  }
  for (Number from = kOld; from <= kNew; ++from) {
    follow(state, from, steps);
  }
  if (state.has_stopped) go_on(state, steps);
  if (state.done == design_.plan.size()) return;
  switch_over(state, steps);
  give_up(state, steps);
}

Judgement Switchover::judge(const State& state) const {
  const Side& authority = state.sides[state.authority];
  if (authority.row != state.newest) return Judgement::Broken;
  const bool is_over = state.done == design_.plan.size();
  if (is_over && authority.is_guarded) return Judgement::Broken;  // it would refuse everybody
  const bool is_writing = std::ranges::any_of(
      state.writers, [](const Writer& writer) { return writer.stage != Writer::Stage::Idle; });
  const bool is_applied =
      authority.is_followed && !authority.has_read && authority.position == authority.logged;
  if (is_writing || !is_applied) return Judgement::Unsettled;
  if (state.sides[1 - state.authority].row != state.newest) return Judgement::Broken;
  return is_over ? Judgement::Holds : Judgement::Unsettled;
}

std::string Switchover::describe(const State& state) const {
  if (state.sides[state.authority].is_guarded && state.done == design_.plan.size()) {
    return fmt::format("the {} side refuses its own writers", name(state.authority));
  }
  return fmt::format("acknowledged: {}; old has {}, new has {}, and the {} side leads",
                     row(state.newest), row(state.sides[kOld].row), row(state.sides[kNew].row),
                     name(state.authority));
}

// Routed writers look at the route first; the direct one writes where it always did. A guard
// refuses the statement, and the writer knows it.
void Switchover::write(const State& state, std::size_t i, Steps<State>& steps) const {
  State next = state;
  Writer& writer = next.writers[i];
  const bool is_direct = i == kDirect;
  const std::string_view who = is_direct ? "the direct writer" : "a routed writer";
  if (writer.stage == Writer::Stage::Idle && is_direct) {
    if (state.direct_writes == design_.direct_writes) return;
    writer.side = design_.direct_side;
    return execute(next, i, who, steps);
  }
  switch (writer.stage) {
    case Writer::Stage::Idle:
      if (state.route == kHeld || state.routed_writes == design_.routed_writes) return;
      writer = {Writer::Stage::Routed, state.route};
      ++next.routed_writes;
      return steps.to(sorted(next),
                      [&] { return fmt::format("{} is routed to {}", who, name(writer.side)); });
    case Writer::Stage::Routed:
      return execute(next, i, who, steps);
    case Writer::Stage::Wrote: {
      const Number at = writer.side;
      Side& side = next.sides[at];
      side.row = next.newest = ++next.written;
      if (side.is_logging) ++side.logged;
      writer = {};
      return steps.to(sorted(next), [&] {
        return fmt::format("{} commits {} on {}, acknowledged", who, row(side.row), name(at));
      });
    }
  }
}

void Switchover::execute(State& next, std::size_t i, std::string_view who, Steps<State>& steps) {
  Writer& writer = next.writers[i];
  const Number side = writer.side;
  const bool is_refused = next.sides[side].is_guarded;
  writer.stage = Writer::Stage::Wrote;
  if (is_refused) writer = {};
  if (i == kDirect) ++next.direct_writes;
  steps.to(sorted(next), [&] {
    return fmt::format("{} {} on {}", who, is_refused ? "is refused" : "writes", name(side));
  });
}

// The row as it is, from the side that is followed to the other; not logged there, not refused.
void Switchover::follow(const State& state, Number from, Steps<State>& steps) {
  State next = state;
  Side& side = next.sides[from];
  if (side.has_read) {
    side.has_read = false;
    const Number read = side.read;
    const Number end = side.read_end;
    side.read = side.read_end = 0;
    if (!side.is_followed) return steps.to(next, "a follower of another epoch is turned back");
    next.sides[1 - from].row = read;
    side.position = end;
    return steps.to(next, [&] {
      return fmt::format("the follower applies {} to {}", row(read), name(1 - from));
    });
  }
  if (!side.is_followed || side.position == side.logged) return;
  side.has_read = true;
  side.read = side.row;
  side.read_end = side.logged;
  steps.to(next,
           [&] { return fmt::format("the follower reads {} of {}", row(side.row), name(from)); });
}

bool Switchover::has_writers(const State& state, Writer::Stage least, Number side) {
  return std::ranges::any_of(state.writers, [&](const Writer& writer) {
    return writer.stage >= least && writer.side == side;
  });
}

std::string_view Act::words() const {
  switch (kind) {
    case Kind::Preflight:
      return "preflight: the follower is up to date with";
    case Kind::Fence:
      return "fence: the route is held, and was";
    case Kind::Guard:
      return "guard";
    case Kind::Drain:
      return "drain: no routed writer is left on";
    case Kind::Position:
      return "read the position of";
    case Kind::Wait:
      return "wait: the follower has reached the position of";
    case Kind::Follow:
      return "log and follow";
    case Kind::Flip:
      return "flip: the authority is";
    case Kind::GuardAndFlip:
      return "guard the other side and flip: the authority is";
    case Kind::Unguard:
      return "unguard";
    case Kind::Open:
      return "open: the route is";
  }
  return {};
}

bool Switchover::holds_route(const State& state) const {
  if (!design_.locks_route) return false;
  return std::any_of(state.writers.begin(), state.writers.begin() + kDirect,
                     [](const auto& writer) { return writer.stage != Writer::Stage::Idle; });
}

// One step of the plan; or it is done and the runner dies before it could note that.
void Switchover::switch_over(const State& state, Steps<State>& steps) const {
  const Act& act = design_.plan[state.done];
  State next = state;
  if (!take(next, act)) return;
  const auto words = [&](std::string_view then) {
    return [&, then] { return fmt::format("{} {}{}", act.words(), name(act.side), then); };
  };
  const bool goes_back = next.done < state.done;  // and does nothing else
  if (!goes_back) ++next.done;
  if (goes_back) return steps.to(next, "the log has something newer; back to the position");
  steps.to(next, words(""));
  if (state.repeats == design_.repeats) return;
  next.done = state.done;
  ++next.repeats;
  steps.to(next, words(", and the runner dies"));
}

// False where the step has to wait.
bool Switchover::take(State& state, const Act& act) const {
  Side& side = state.sides[act.side];
  Side& other = state.sides[1 - act.side];
  const bool has_open_writes = has_writers(state, Writer::Stage::Wrote, act.side);
  switch (act.kind) {
    case Act::Kind::Preflight:
      return side.position == side.logged;
    case Act::Kind::Fence:
      if (holds_route(state)) return false;
      state.route = kHeld;
      return true;
    case Act::Kind::Guard:
      if (design_.guard_waits && has_open_writes) return false;
      side.is_guarded = true;
      return true;
    case Act::Kind::Drain:
      return std::all_of(state.writers.begin(), state.writers.begin() + kDirect,
                         [](const auto& writer) { return writer.stage == Writer::Stage::Idle; });
    case Act::Kind::Position:
      state.position = side.logged;
      return true;
    case Act::Kind::Wait:
      return side.position >= state.position;
    case Act::Kind::Follow:
      if (has_open_writes) return false;
      side.is_logging = side.is_followed = true;
      side.position = side.logged;
      return true;
    case Act::Kind::Flip:
      state.authority = act.side;
      other.is_followed = false;
      return true;
    case Act::Kind::GuardAndFlip:
      if (has_writers(state, Writer::Stage::Wrote, 1 - act.side)) return false;
      if (other.logged != state.position) {
        const auto at = std::ranges::find(design_.plan, Act::Kind::Position, &Act::kind);
        state.done = static_cast<Number>(at - design_.plan.begin());
        return true;
      }
      other.is_guarded = true;
      other.is_followed = false;
      state.authority = act.side;
      return true;
    case Act::Kind::Unguard:
      side.is_guarded = false;
      return true;
    case Act::Kind::Open:
      if (holds_route(state)) return false;
      state.route = act.side;
      return true;
  }
  return false;
}

// Before the flip a runner that takes over gives the cutover up; all is as it was, and it begins
// anew. The runner before it may be only slow.
void Switchover::give_up(const State& state, Steps<State>& steps) const {
  if (state.route != kHeld || state.given_up == design_.given_up) return;
  const auto begin = design_.plan.begin();
  auto first = begin + state.done;
  while (first != begin && std::prev(first)->kind != Act::Kind::Open) {
    --first;
  }
  const auto flip = std::find_if(first, design_.plan.end(), [](const Act& act) {
    return act.kind == Act::Kind::Flip || act.kind == Act::Kind::GuardAndFlip;
  });
  if (flip == design_.plan.end() || flip->side == state.authority) return;
  State next = state;
  next.route = state.authority;
  next.sides[state.authority].is_guarded = false;
  next.sides[1 - state.authority].is_followed = false;
  next.position = 0;
  next.done = static_cast<Number>(first - begin);
  ++next.given_up;
  next.has_stopped = true;
  next.stopped_at = state.done;
  next.stopped_position = state.position;
  steps.to(next, "another runner gives the cutover up; writes go on where they were");
}

// What a runner does that still believes in its cutover.
void Switchover::go_on(const State& state, Steps<State>& steps) const {
  const Act& act = design_.plan[state.stopped_at];
  State next = state;
  if (design_.checks_epoch || act.kind == Act::Kind::Open) {
    next.has_stopped = false;
    next.stopped_at = next.stopped_position = 0;
  }
  if (design_.checks_epoch) return steps.to(next, "the stopped runner is turned back");
  next.position = state.stopped_position;
  if (!take(next, act)) return;
  if (next.has_stopped) {
    next.stopped_position = next.position;
    ++next.stopped_at;
  }
  next.position = state.position;
  steps.to(next,
           [&] { return fmt::format("the stopped runner: {} {}", act.words(), name(act.side)); });
}

}  // namespace mig::mc
