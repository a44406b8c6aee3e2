// A copy that races with writes to both sides, on one key: keys are independent, so one is enough.
//
// Two clients write the source, and through a proxy the target; messages to the target are delayed,
// reordered, and sent again when an acknowledgement is lost; the proxy may die between the two. The
// promise: when everything has arrived, both sides are equal.
#include "tests/mc/dual_write.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace mig::mc {
namespace {

using State = DualWrite::State;

void deliver(State& state, Message message) {
  assert(state.in_flight < state.flights.size());
  state.flights[state.in_flight++] = message;
  std::sort(state.flights.begin(), state.flights.begin() + state.in_flight);
}

Message take(State& state, std::size_t at) {
  const Message message = state.flights[at];
  std::copy(state.flights.begin() + at + 1, state.flights.end(), state.flights.begin() + at);
  state.flights.back() = {};
  --state.in_flight;
  return message;
}

std::string name(Value value) {
  if (value == kNothing) return "no row";
  if (value == kOldValue) return "the old row";
  return fmt::format("{}{}", value / 4 == 0 ? 'a' : 'b', value % 4);
}

std::string name(const Change& change) {
  if (change.op == Op::Delete) return fmt::format("a delete, version {}", change.version);
  return fmt::format("{}, version {}", name(change.value), change.version);
}

Change put(Value value, Number version) {
  return {Op::Put, value, version};
}

Sender client_sender(std::size_t client) {
  return client == 0 ? Sender::First : Sender::Second;
}

}  // namespace

State DualWrite::initial() const {
  State state;
  state.source = {kOldValue, 1};
  state.high_water = 1;
  return state;
}

void DualWrite::each_step(const State& state, Steps<State>& steps) const {
  for (std::size_t i = 0; i < state.clients.size(); ++i) {
    write(state, i, steps);
  }
  for (std::size_t at = 0; at < state.in_flight; ++at) {
    arrive(state, at, steps);
  }
  if (state.copy.pass < protocol_.passes) {
    if (protocol_.copying == Copying::Watermarks) {
      copy_between_watermarks(state, steps);
    } else {
      copy(state, steps);
    }
  }
  follow(state, steps);
  collect(state, steps);
  repair(state, steps);
}

Judgement DualWrite::judge(const State& state) const {
  const bool is_repaired = protocol_.repair == Repair::None || state.dirty == 0;
  if (!is_quiet(state) || !is_repaired || state.repairing.op != Op::None) {
    return Judgement::Unsettled;
  }
  return state.source.value == state.target.value ? Judgement::Holds : Judgement::Broken;
}

std::string DualWrite::describe(const State& state) const {
  return fmt::format("in the end: source {}, target {}{}", name(state.source.value),
                     name(state.target.value), state.target.is_tombstone ? ", a tombstone" : "");
}

bool DualWrite::is_quiet(const State& state) const {
  for (std::size_t i = 0; i < state.clients.size(); ++i) {
    const Client& client = state.clients[i];
    const bool is_over = client.done == protocol_.programs[i].size();
    if (!is_over || client.stage != Client::Stage::Idle) return false;
  }
  return state.in_flight == 0 && state.copy.pass >= protocol_.passes &&
         state.position == state.logged;
}

Held DualWrite::applied(const Held& held, const Change& change, bool is_copy) const {
  const bool is_put = change.op == Op::Put;
  const Held row{change.value, change.version, false};
  switch (protocol_.rule) {
    case Rule::Overwrite:
      return is_put ? row : Held{};
    case Rule::CopyKeeps:
      if (is_copy && held != Held{}) return held;
      return is_put ? row : Held{};
    case Rule::NewerWins:
      if (change.version <= held.version) return held;
      return is_put ? row : Held{};
    case Rule::Tombstones:
      if (change.version <= held.version) return held;
      return is_put ? row : Held{kNothing, change.version, true};
    case Rule::CopyIsOldest:
      if (held != Held{} && (is_copy || change.version <= held.version)) return held;
      return is_put ? row : Held{kNothing, change.version, true};
  }
  return held;
}

// A client's next operation: perhaps a version first, the commit at the source, then the message.
void DualWrite::write(const State& state, std::size_t i, Steps<State>& steps) const {
  const Client was = state.clients[i];
  const auto& program = protocol_.programs[i];
  const char who = i == 0 ? 'a' : 'b';
  const bool stamps_early =
      protocol_.stamp == Stamp::BeforeCommit || protocol_.stamp == Stamp::SkewedClock;
  const bool has_more = was.stage == Client::Stage::Idle && was.done < program.size();
  if (has_more && stamps_early) {
    State next = state;
    const bool is_ahead = protocol_.stamp == Stamp::SkewedClock && i == 0;
    const Number version = static_cast<Number>(++next.high_water + (is_ahead ? 2 : 0));
    next.clients[i] = {was.done, Client::Stage::Stamped, {Op::None, kNothing, version}};
    steps.to(next, [&] { return fmt::format("client {} stamps version {}", who, version); });
  }
  const bool may_commit = was.stage == Client::Stage::Stamped || (has_more && !stamps_early);
  const bool is_locked = protocol_.copying == Copying::UnderRowLock && state.copy.stage == 1;
  if (may_commit && !is_locked) commit(state, i, steps);
  if (was.stage != Client::Stage::Committed) return;
  State sent = state;
  sent.clients[i] = {was.done, Client::Stage::Sent, {}};
  deliver(sent, {was.pending, client_sender(i)});
  steps.to(sent, [&] { return fmt::format("client {} sends {}", who, name(was.pending)); });
  if (state.crashes == protocol_.crashes) return;
  State dead = state;
  dead.clients[i] = {static_cast<Number>(was.done + 1), Client::Stage::Idle, {}};
  ++dead.crashes;
  ++dead.dirty;
  steps.to(dead, [&] { return fmt::format("the proxy dies and loses {}", name(was.pending)); });
}

void DualWrite::commit(const State& state, std::size_t i, Steps<State>& steps) const {
  const Client was = state.clients[i];
  State next = state;
  Change change{protocol_.programs[i][was.done],
                static_cast<Value>(i * 4 + was.done + std::size_t{1}), was.pending.version};
  if (protocol_.stamp == Stamp::Commit) change.version = ++next.high_water;
  if (protocol_.stamp == Stamp::PerRow) {
    change.version = static_cast<Number>(state.source.version + 1);
  }
  next.source = change.op == Op::Put ? Row{change.value, change.version} : Row{};
  if (protocol_.has_changelog) next.log[next.logged++] = change;
  next.clients[i] = protocol_.writes_both
                        ? Client{was.done, Client::Stage::Committed, change}
                        : Client{static_cast<Number>(was.done + 1), Client::Stage::Idle, {}};
  steps.to(next, [&] {
    return fmt::format("client {} commits {} at the source", i == 0 ? 'a' : 'b', name(change));
  });
}

void DualWrite::arrive(const State& state, std::size_t at, Steps<State>& steps) const {
  State next = state;
  const Message message = take(next, at);
  const bool is_copy = message.sender == Sender::Copy;
  next.target = applied(state.target, message.change, is_copy);
  if (is_copy && state.copy.stage == 2) {
    next.copy = {static_cast<Number>(state.copy.pass + 1)};
  } else if (message.sender == Sender::First || message.sender == Sender::Second) {
    Client& client = next.clients[message.sender == Sender::First ? 0 : 1];
    if (client.stage == Client::Stage::Sent) {
      client = {static_cast<Number>(client.done + 1), Client::Stage::Idle, {}};
    }
  }
  steps.to(next, [&] {
    return fmt::format("the target takes {}{}", name(message.change),
                       is_copy ? " of the copy" : "");
  });
  if (state.repeats == protocol_.repeats) return;
  ++next.repeats;
  deliver(next, {message.change, Sender::Again});
  steps.to(next, [&] {
    return fmt::format("the target takes {}, which is sent again", name(message.change));
  });
}

void DualWrite::copy(const State& state, Steps<State>& steps) const {
  State next = state;
  if (state.copy.stage == 0) {
    if (state.source.value == kNothing) {
      next.copy = {static_cast<Number>(state.copy.pass + 1)};
      return steps.to(next, "the copy reads no row");
    }
    next.copy = {state.copy.pass, 1, state.source};
    return steps.to(next,
                    [&] { return fmt::format("the copy reads {}", name(state.source.value)); });
  }
  if (state.copy.stage != 1) return;
  Change change = put(state.copy.read.value, state.copy.read.version);
  if (protocol_.copying == Copying::UnderRowLock) {
    next.target = applied(state.target, change, true);
    next.copy = {static_cast<Number>(state.copy.pass + 1)};
    return steps.to(next, "the copy writes, and lets the source's row go");
  }
  if (protocol_.rule == Rule::CopyIsOldest) change.version = 0;
  next.copy.stage = 2;
  deliver(next, {change, Sender::Copy});
  steps.to(next, [&] { return fmt::format("the copy sends {}", name(change)); });
}

// Reads between two marks in the changelog, and writes when the follower has reached the second
// mark, unless an entry between them names the key.
void DualWrite::copy_between_watermarks(const State& state, Steps<State>& steps) const {
  State next = state;
  Copy& copy = next.copy;
  copy.stage = static_cast<Number>(state.copy.stage + 1);
  switch (state.copy.stage) {
    case 0:
      copy.low = state.logged;
      return steps.to(next, "the low watermark");
    case 1:
      copy.read = state.source;
      return steps.to(next,
                      [&] { return fmt::format("the copy reads {}", name(copy.read.value)); });
    case 2:
      copy.high = state.logged;
      return steps.to(next, "the high watermark");
    default:
      if (state.position < state.copy.high) return;
      if (state.copy.read.value != kNothing && state.copy.low == state.copy.high) {
        next.target =
            applied(state.target, put(state.copy.read.value, state.copy.read.version), true);
      }
      copy = {static_cast<Number>(state.copy.pass + 1)};
      return steps.to(next, "the copy writes what no change touched");
  }
}

void DualWrite::follow(const State& state, Steps<State>& steps) const {
  const bool waits_for_copy = protocol_.copying == Copying::Watermarks && state.copy.stage == 3 &&
                              state.position >= state.copy.high;
  if (!protocol_.has_changelog || state.position == state.logged || waits_for_copy) return;
  State next = state;
  const Change& change = state.log[next.position++];
  next.target = applied(state.target, change, false);
  steps.to(next, [&] { return fmt::format("the follower applies {}", name(change)); });
}

void DualWrite::collect(const State& state, Steps<State>& steps) const {
  if (!state.target.is_tombstone || protocol_.collection == Collection::Never) return;
  if (protocol_.collection == Collection::BehindBarrier && !is_quiet(state)) return;
  State next = state;
  next.target = {};
  steps.to(next, "the tombstone is collected");
}

// Re-reads a key whose write may be missing; and a follower that starts again somewhere earlier.
void DualWrite::repair(const State& state, Steps<State>& steps) const {
  State next = state;
  if (protocol_.repair != Repair::None && state.dirty > 0 && state.repairing.op == Op::None) {
    next.repairing = state.source.value == kNothing ? Change{Op::Delete, kNothing, state.high_water}
                                                    : put(state.source.value, state.source.version);
    steps.to(next, [&] { return fmt::format("the repair reads {}", name(next.repairing)); });
  }
  if (state.repairing.op != Op::None) {
    next = state;
    next.repairing = {};
    --next.dirty;
    if (protocol_.repair == Repair::Versioned) {
      next.target = applied(state.target, state.repairing, false);
    } else {
      next.target = {state.repairing.value, state.repairing.version, false};
      if (state.repairing.op == Op::Delete) next.target = {};
    }
    steps.to(next, [&] { return fmt::format("the repair writes {}", name(state.repairing)); });
  }
  if (!protocol_.has_changelog || state.rewinds == protocol_.rewinds) return;
  for (Number to = 0; to < state.position; ++to) {
    next = state;
    next.position = to;
    ++next.rewinds;
    steps.to(next, [&] { return fmt::format("the follower starts again at {}", to); });
  }
}

}  // namespace mig::mc
