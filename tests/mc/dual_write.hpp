// The model behind the dual-write family: what may be chosen in a protocol, and its state.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/mc/explorer.hpp"

namespace mig::mc {

using Number = std::uint8_t;
using Value = std::uint8_t;
constexpr Value kNothing = 0;  // no row
constexpr Value kOldValue = 0xFF;

enum class Op : std::uint8_t { None, Delete, Put };
enum class Sender : std::uint8_t { None, Copy, Again, First, Second };

// What the target does with a change. Under CopyIsOldest a copy's row has version zero.
enum class Rule : std::uint8_t { Overwrite, CopyKeeps, NewerWins, Tombstones, CopyIsOldest };
enum class Stamp : std::uint8_t { Commit, PerRow, BeforeCommit, SkewedClock };
enum class Copying : std::uint8_t { Plain, UnderRowLock, Watermarks };
enum class Collection : std::uint8_t { Never, Anytime, BehindBarrier };
enum class Repair : std::uint8_t { None, Versioned, Unconditional };

struct Protocol {
  Rule rule = Rule::Overwrite;
  Stamp stamp = Stamp::Commit;
  bool has_changelog = false;  // a row of it in each source transaction, and an ordered follower
  bool writes_both = true;     // the proxy
  Copying copying = Copying::Plain;
  Number passes = 1;
  Number crashes = 0;  // of the proxy, between source and target
  Number repeats = 1;  // messages whose acknowledgement is lost
  Collection collection = Collection::Never;
  Repair repair = Repair::None;
  Number rewinds = 0;  // of the follower, to a position that it has passed
  std::array<std::vector<Op>, 2> programs;
};

struct Row {
  Value value = kNothing;
  Number version = 0;
  bool operator==(const Row&) const = default;
};

struct Held {
  Value value = kNothing;
  Number version = 0;
  bool is_tombstone = false;
  bool operator==(const Held&) const = default;
};

struct Change {
  Op op = Op::None;
  Value value = kNothing;
  Number version = 0;
  auto operator<=>(const Change&) const = default;
};

struct Message {
  Change change;
  Sender sender = Sender::None;
  auto operator<=>(const Message&) const = default;
};

struct Client {
  enum class Stage : std::uint8_t { Idle, Stamped, Committed, Sent };
  Number done = 0;
  Stage stage = Stage::Idle;
  Change pending;
  bool operator==(const Client&) const = default;
};

struct Copy {
  Number pass = 0;
  Number stage = 0;
  Row read;
  Number low = 0;  // watermarks
  Number high = 0;
  bool operator==(const Copy&) const = default;
};

class DualWrite {
 public:
  struct State {
    Row source;
    Number high_water = 0;
    Held target;
    std::array<Client, 2> clients;
    Number in_flight = 0;
    std::array<Message, 6> flights;  // a bag, kept sorted
    Copy copy;
    Number logged = 0;
    std::array<Change, 4> log;
    Number position = 0;
    Number crashes = 0;
    Number repeats = 0;
    Number dirty = 0;  // writes that only the source may have
    Change repairing;
    Number rewinds = 0;
    bool operator==(const State&) const = default;
  };

  explicit DualWrite(Protocol protocol) : protocol_(std::move(protocol)) {}

  State initial() const;
  void each_step(const State& state, Steps<State>& steps) const;
  Judgement judge(const State& state) const;
  std::string describe(const State& state) const;

 private:
  bool is_quiet(const State& state) const;
  Held applied(const Held& held, const Change& change, bool is_copy) const;
  void write(const State& state, std::size_t i, Steps<State>& steps) const;
  void commit(const State& state, std::size_t i, Steps<State>& steps) const;
  void arrive(const State& state, std::size_t at, Steps<State>& steps) const;
  void copy(const State& state, Steps<State>& steps) const;
  void copy_between_watermarks(const State& state, Steps<State>& steps) const;
  void follow(const State& state, Steps<State>& steps) const;
  void collect(const State& state, Steps<State>& steps) const;
  void repair(const State& state, Steps<State>& steps) const;

  Protocol protocol_;
};

}  // namespace mig::mc
