// Copies and a follower as they meet in a target with READ COMMITTED, one statement at a time, on
// one key. Copies share the fence row, the follower takes it alone.
//
// A copy reads its chunk, takes the fence, sees what is committed, inserts where it saw neither row
// nor tombstone, commits. The follower reads the log's end and the row as it is, takes the fence,
// writes the row, writes the tombstone, commits. A delete does not see a row that is not committed;
// an insert waits for one that may become a duplicate. The promise: whenever copies and follower
// have nothing left to do both rows are equal, and never does a row stand beside its tombstone.
#include <algorithm>
#include <array>
#include <cassert>
#include <string>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

using Number = std::uint8_t;
using Value = std::uint8_t;
constexpr Value kNothing = 0;
constexpr Value kOldValue = 9;

enum class Op : std::uint8_t { Put, Delete, PutIfAbsent };

enum class Reading : std::uint8_t { OneSnapshot, EndThenRows, RowsThenEnd };

// What is done. Each control sets one of them otherwise.
struct Design {
  bool follower_excludes = true;  // it takes the fence alone
  bool copy_takes_fence = true;
  bool sees_after_fence =
      true;  // a statement sees what was committed before it, not its transaction
  bool keeps_tombstones = true;
  bool copy_keeps = true;  // and does not replace
  bool position_goes_with_rows = true;
  bool log_comes_first = true;  // no copy before the changelog is there
  bool logs_touched_keys = true;
  Reading reading = Reading::OneSnapshot;
  Number copies = 1;
  Number crashes = 2;
  std::array<std::vector<Op>, 2> programs = {{{Op::Put, Op::Delete, Op::Put}, {Op::Delete}}};
};

struct Copy {
  enum class Stage : std::uint8_t { Idle, HasChunk, Fenced, Sees, Inserted, Over };
  Stage stage = Stage::Idle;
  Value chunk = kNothing;
  bool sees_room = false;  // neither row nor tombstone
  bool is_inserting = false;
  bool operator==(const Copy&) const = default;
};

struct Follower {
  enum class Stage : std::uint8_t { Idle, Half, HasRow, Fenced, WroteRow, WroteTombstone };
  Stage stage = Stage::Idle;
  Number end = 0;  // of the log
  Value row = kNothing;
  bool holds_key = false;  // its statement changed a row
  bool operator==(const Follower&) const = default;
};

struct Target {
  Value row = kNothing;
  bool has_tombstone = false;
  Number position = 0;
  bool operator==(const Target&) const = default;
};

class FencedCopy {
 public:
  struct State {
    Value source = kOldValue;
    bool has_changelog = false;
    Number logged = 0;
    std::array<bool, 4> says_deleted{};  // by entry, where the log holds operations
    std::array<Number, 2> done{};
    std::array<Copy, 2> copies;
    Follower follower;
    Target target;
    Number crashes = 0;
    bool operator==(const State&) const = default;
  };

  explicit FencedCopy(Design design) : design_(std::move(design)) {}

  State initial() const { return {}; }

  void each_step(const State& state, Steps<State>& steps) const {
    if (!state.has_changelog) {
      State next = state;
      next.has_changelog = true;
      steps.to(next, "the changelog is installed");
    }
    for (std::size_t i = 0; i < state.done.size(); ++i) {
      write(state, i, steps);
    }
    for (std::size_t i = 0; i < design_.copies; ++i) {
      copy(state, i, steps);
      crash_copy(state, i, steps);
    }
    follow(state, steps);
    crash_follower(state, steps);
  }

  Judgement judge(const State& state) const {
    if (state.target.has_tombstone && state.target.row != kNothing) return Judgement::Broken;
    for (std::size_t i = 0; i < design_.copies; ++i) {
      if (state.copies[i].stage != Copy::Stage::Over) return Judgement::Unsettled;
    }
    const bool is_followed = state.follower.stage == Follower::Stage::Idle &&
                             state.target.position == state.logged && state.has_changelog;
    if (!is_followed) return Judgement::Unsettled;
    return state.target.row == state.source ? Judgement::Holds : Judgement::Broken;
  }

  std::string describe(const State& state) const {
    return fmt::format("in the end: source {}, target {}{}", name(state.source),
                       name(state.target.row), state.target.has_tombstone ? ", a tombstone" : "");
  }

 private:
  static std::string name(Value value) {
    if (value == kNothing) return "no row";
    if (value == kOldValue) return "the old row";
    return fmt::format("{}{}", value < 5 ? 'a' : 'b', value < 5 ? value : value - 4);
  }

  void write(const State& state, std::size_t i, Steps<State>& steps) const {
    const auto& program = design_.programs[i];
    if (state.done[i] == program.size()) return;
    const Op op = program[state.done[i]];
    State next = state;
    const auto value = static_cast<Value>(i * 4 + ++next.done[i]);
    const bool was_there = state.source != kNothing;
    if (op == Op::Put || (op == Op::PutIfAbsent && !was_there)) next.source = value;
    if (op == Op::Delete) next.source = kNothing;
    const bool touches = op != Op::Delete || was_there;
    if (touches && state.has_changelog) {
      // A guard against REPLACE fires before the statement and cannot know that nothing is
      // replaced.
      next.says_deleted[next.logged++] = op != Op::Put && was_there;
    }
    const char who = i == 0 ? 'a' : 'b';
    steps.to(next, [&] {
      if (op == Op::Put) return fmt::format("client {} puts {}", who, name(value));
      if (op == Op::Delete) return fmt::format("client {} deletes", who);
      return fmt::format("client {} puts {} if there is no row", who, name(value));
    });
  }

  static bool holds_fence(const Copy& copy) {
    return copy.stage == Copy::Stage::Fenced || copy.stage == Copy::Stage::Sees ||
           copy.stage == Copy::Stage::Inserted;
  }
  static bool holds_fence(const Follower& follower) {
    return follower.stage >= Follower::Stage::Fenced;
  }

  // Under one snapshot for all statements, seeing comes before the fence is granted.
  void copy(const State& state, std::size_t i, Steps<State>& steps) const {
    const Copy was = state.copies[i];
    const bool waits_for_fence =
        design_.copy_takes_fence && design_.follower_excludes && holds_fence(state.follower);
    State next = state;
    Copy& copy = next.copies[i];
    switch (was.stage) {
      case Copy::Stage::Idle:
        if (design_.log_comes_first && !state.has_changelog) return;
        copy.chunk = state.source;
        copy.stage = copy.chunk == kNothing ? Copy::Stage::Over : Copy::Stage::HasChunk;
        return steps.to(next, [&] { return fmt::format("copy {} reads {}", i, name(copy.chunk)); });
      case Copy::Stage::HasChunk:
        if (design_.sees_after_fence) {
          if (waits_for_fence) return;
          copy.stage = Copy::Stage::Fenced;
          return steps.to(next, [&] { return begins(i); });
        }
        copy.stage = Copy::Stage::Fenced;
        copy.sees_room = has_room(state.target);
        return steps.to(next, [&] { return sees(i, copy); });
      case Copy::Stage::Fenced:
        copy.stage = Copy::Stage::Sees;
        if (design_.sees_after_fence) {
          copy.sees_room = has_room(state.target);
          return steps.to(next, [&] { return sees(i, copy); });
        }
        if (waits_for_fence) return;
        return steps.to(next, [&] { return begins(i); });
      case Copy::Stage::Sees:
        return insert(state, i, steps);
      case Copy::Stage::Inserted:
        if (was.is_inserting) next.target.row = was.chunk;
        copy = {.stage = Copy::Stage::Over};
        return steps.to(next, [&] { return fmt::format("copy {} commits", i); });
      case Copy::Stage::Over:
        return;
    }
  }

  std::string begins(std::size_t i) const {
    return fmt::format("copy {} {} the fence", i,
                       design_.copy_takes_fence ? "has" : "asks not for");
  }

  bool has_room(const Target& target) const {
    return !target.has_tombstone && (target.row == kNothing || !design_.copy_keeps);
  }

  static std::string sees(std::size_t i, const Copy& copy) {
    return fmt::format("copy {} sees {}", i, copy.sees_room ? "room" : "a row or a tombstone");
  }

  void insert(const State& state, std::size_t i, Steps<State>& steps) const {
    const bool is_wanted = state.copies[i].sees_room;
    const bool waits_for_key =
        state.follower.holds_key || state.copies[1 - i].is_inserting;  // a duplicate, if it commits
    if (is_wanted && waits_for_key) return;
    const bool is_there = state.target.row != kNothing;
    State next = state;
    Copy& copy = next.copies[i];
    if (is_wanted && is_there && !design_.sees_after_fence) {
      copy = {};  // a row that its snapshot does not show: the database refuses
      return steps.to(next, [&] { return fmt::format("copy {} cannot be serialised", i); });
    }
    copy.stage = Copy::Stage::Inserted;
    copy.is_inserting = is_wanted && (!is_there || !design_.copy_keeps);
    steps.to(next, [&] {
      return fmt::format("copy {} {}", i, copy.is_inserting ? "inserts" : "leaves what is there");
    });
  }

  void follow(const State& state, Steps<State>& steps) const {
    State next = state;
    Follower& follower = next.follower;
    switch (state.follower.stage) {
      case Follower::Stage::Idle:
        if (state.target.position == state.logged) return;
        if (design_.reading != Reading::RowsThenEnd) follower.end = state.logged;
        if (design_.reading != Reading::EndThenRows) follower.row = present_row(state);
        follower.stage = Follower::Stage::HasRow;
        if (design_.reading != Reading::OneSnapshot) follower.stage = Follower::Stage::Half;
        if (!design_.position_goes_with_rows) next.target.position = follower.end;
        return steps.to(next, "the follower reads");
      case Follower::Stage::Half:
        if (design_.reading == Reading::RowsThenEnd) follower.end = state.logged;
        if (design_.reading == Reading::EndThenRows) follower.row = present_row(state);
        follower.stage = Follower::Stage::HasRow;
        return steps.to(next, "the follower reads the rest in another transaction");
      case Follower::Stage::HasRow:
        if (design_.follower_excludes && std::ranges::any_of(state.copies, [&](const Copy& copy) {
              return design_.copy_takes_fence && holds_fence(copy);
            })) {
          return;
        }
        follower.stage = Follower::Stage::Fenced;
        return steps.to(next, "the follower has the fence");
      default:
        return apply(state, steps);
    }
  }

  Value present_row(const State& state) const {
    const bool is_told = !design_.logs_touched_keys && state.says_deleted[state.logged - 1U];
    return is_told ? kNothing : state.source;
  }

  // The statements in the target.
  void apply(const State& state, Steps<State>& steps) const {
    State next = state;
    Follower& follower = next.follower;
    const bool deletes = follower.row == kNothing;
    if (follower.stage == Follower::Stage::Fenced) {
      const bool waits_for_key =
          std::ranges::any_of(state.copies, [](const Copy& copy) { return copy.is_inserting; });
      if (!deletes && waits_for_key) return;
      follower.stage = Follower::Stage::WroteRow;
      follower.holds_key = !deletes || state.target.row != kNothing;
      return steps.to(next, [&] {
        if (!deletes) return fmt::format("the follower puts {}", name(follower.row));
        return fmt::format("the follower deletes {}", name(state.target.row));
      });
    }
    if (follower.stage == Follower::Stage::WroteRow) {
      follower.stage = Follower::Stage::WroteTombstone;
      return steps.to(next, deletes ? "the follower writes a tombstone"
                                    : "the follower takes away a tombstone");
    }
    assert(follower.stage == Follower::Stage::WroteTombstone);
    if (follower.holds_key) next.target.row = follower.row;
    next.target.has_tombstone = deletes && design_.keeps_tombstones;
    next.target.position = std::max(next.target.position, follower.end);
    const Number end = follower.end;
    follower = {};
    steps.to(next, [&] { return fmt::format("the follower commits with position {}", end); });
  }

  // What a killed process leaves: what it had committed.
  void crash_copy(const State& state, std::size_t i, Steps<State>& steps) const {
    const Copy::Stage stage = state.copies[i].stage;
    const bool is_working = stage != Copy::Stage::Idle && stage != Copy::Stage::Over;
    if (!is_working || state.crashes == design_.crashes) return;
    State next = state;
    next.copies[i] = {};
    ++next.crashes;
    steps.to(next, [&] { return fmt::format("copy {} is killed, and begins again", i); });
  }

  void crash_follower(const State& state, Steps<State>& steps) const {
    if (state.follower == Follower{} || state.crashes == design_.crashes) return;
    State next = state;
    next.follower = {};
    ++next.crashes;
    steps.to(next, "the follower is killed, and begins again");
  }

  Design design_;
};

// With one thing set otherwise.
template <class Setting>
FencedCopy with(Setting Design::*member, Setting setting, Design design = {}) {
  design.*member = setting;
  return FencedCopy(std::move(design));
}

}  // namespace

std::vector<Variant> fenced_copies() {
  const Design ignores = {.programs = {{{Op::Put, Op::PutIfAbsent}, {Op::Delete}}}};
  return {
      safe("H1", "statements: copies share the fence, the follower takes it alone", 8555,
           FencedCopy(Design{})),
      safe("H2", "the same, two copies of one range", 80409, with(&Design::copies, Number{2})),
      safe("H3", "the log's end first, its rows in a second transaction", 21272,
           with(&Design::reading, Reading::EndThenRows)),
      safe("H4", "touched keys, a put that is ignored", 4674, FencedCopy(ignores)),
      control("H5", "the follower shares the fence", 5370, with(&Design::follower_excludes, false)),
      control("H6", "the copy takes no fence", 5370, with(&Design::copy_takes_fence, false)),
      control("H7", "one snapshot for the copy's transaction, older than its fence", 4888,
              with(&Design::sees_after_fence, false)),
      control("H8", "no tombstones", 4194, with(&Design::keeps_tombstones, false)),
      control("H9", "the copy replaces", 4113, with(&Design::copy_keeps, false)),
      control("H10", "rows first, the log's end in a second transaction", 2978,
              with(&Design::reading, Reading::RowsThenEnd)),
      control("H11", "the position is committed before the rows", 324,
              with(&Design::position_goes_with_rows, false)),
      control("H12", "a copy begins before the changelog is there", 126,
              with(&Design::log_comes_first, false)),
      control("H13", "the log holds operations, a put that is ignored", 1687,
              with(&Design::logs_touched_keys, false, ignores)),
  };
}

}  // namespace mig::mc
