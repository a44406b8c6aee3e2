// Two followers between two sides, one each way, as they run while some keys belong to the old side
// and some to the new: what keeps a change from coming back to where it was made.
//
// Two keys, of which the second already belongs to the new side; the first may move there when the
// follower has drained. Clients write a key where it belongs. The promise: a key is changed by
// nobody but clients where it belongs, and when followers have nothing left to do both sides are
// equal; and that moment comes, so that changes do not echo for ever.
#include <array>
#include <string>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

using Number = std::uint8_t;
using Value = std::uint8_t;  // of a row: the number of the write that made it, zero before any
constexpr Value kNoRow = 0xFF;

enum class Origin : std::uint8_t { InTransaction, OwnTransactions, RowsAreCompared, Unmarked };

struct Design {
  Origin origin = Origin::InTransaction;
  Number writes = 4;
  bool moves_key = true;
};

struct Follower {
  enum class Stage : std::uint8_t { Idle, HasRow, Marked, Wrote };
  Stage stage = Stage::Idle;
  Number key = 0;
  Value row = 0;
  bool operator==(const Follower&) const = default;
};

class OriginLoop {
 public:
  static constexpr Number kMostEchoes = 4;  // twice what one write needs to come home

  struct Side {
    std::array<Value, 2> rows{};
    Number logged = 0;
    std::array<Number, 10> log{};  // keys
    Number position = 0;           // of the follower that reads it
    bool is_marked = false;        // by a committed row: nobody's writes are logged
    bool operator==(const Side&) const = default;
  };

  struct State {
    std::array<Side, 2> sides;
    std::array<Number, 2> home{0, 1};  // of each key
    std::array<Value, 2> newest{};     // what clients were told is written
    std::array<Follower, 2> followers;
    Number writes = 0;
    Number echoes = 0;  // log entries that a follower made
    bool operator==(const State&) const = default;
  };

  explicit OriginLoop(Design design) : design_(design) {}

  State initial() const { return {}; }

  void each_step(const State& state, Steps<State>& steps) const {
    for (const Number key : {Number{0}, Number{1}}) {
      write(state, key, steps);
    }
    for (std::size_t from = 0; from < state.sides.size(); ++from) {
      follow(state, from, steps);
    }
    const Side& old = state.sides[0];
    const bool is_drained =
        old.position == old.logged && state.followers[0].stage == Follower::Stage::Idle;
    if (!design_.moves_key || state.home[0] == 1 || !is_drained) return;
    State next = state;
    next.home[0] = 1;
    steps.to(next, "key 0 moves to the new side");
  }

  Judgement judge(const State& state) const {
    for (std::size_t key = 0; key < state.home.size(); ++key) {
      if (state.sides[state.home[key]].rows[key] != state.newest[key]) return Judgement::Broken;
    }
    if (state.echoes > kMostEchoes) return Judgement::Broken;
    for (std::size_t from = 0; from < state.sides.size(); ++from) {
      const bool is_idle = state.followers[from].stage == Follower::Stage::Idle;
      if (!is_idle || state.sides[from].position < state.sides[from].logged) {
        return Judgement::Unsettled;
      }
    }
    return state.sides[0].rows == state.sides[1].rows ? Judgement::Holds : Judgement::Broken;
  }

  std::string describe(const State& state) const {
    if (state.echoes > kMostEchoes) return fmt::format("{} echoes of one write", state.echoes);
    std::string text;
    for (std::size_t key = 0; key < state.home.size(); ++key) {
      text += fmt::format("key {}: written {}, old {}, new {}; ", key, name(state.newest[key]),
                          name(state.sides[0].rows[key]), name(state.sides[1].rows[key]));
    }
    return text.substr(0, text.size() - 2);
  }

 private:
  static std::string name(Value value) {
    if (value == kNoRow) return "no row";
    return value == 0 ? "the old row" : fmt::format("row {}", value);
  }
  static const char* side(std::size_t at) { return at == 0 ? "old" : "new"; }

  static void log(Side& side, Number key) { side.log[side.logged++] = key; }

  void write(const State& state, Number key, Steps<State>& steps) const {
    if (state.writes == design_.writes) return;
    for (const bool puts : {true, false}) {
      if (!puts && state.newest[key] == kNoRow) continue;
      State next = state;
      ++next.writes;
      const Value value = puts ? next.writes : kNoRow;
      next.newest[key] = value;
      Side& home = next.sides[state.home[key]];
      home.rows[key] = value;
      if (!home.is_marked) log(home, key);
      steps.to(next, [&] {
        return fmt::format("a client writes {} to key {} on the {} side", name(value), key,
                           side(state.home[key]));
      });
    }
  }

  // From one side to the other, an entry of the log at a time.
  void follow(const State& state, std::size_t from, Steps<State>& steps) const {
    State next = state;
    Side& source = next.sides[from];
    Side& target = next.sides[1 - from];
    Follower& follower = next.followers[from];
    const bool marks_apart = design_.origin == Origin::OwnTransactions;
    switch (follower.stage) {
      case Follower::Stage::Idle:
        if (source.position == source.logged) return;
        follower.stage = Follower::Stage::HasRow;
        follower.key = source.log[source.position];
        follower.row = source.rows[follower.key];
        return steps.to(next, [&] {
          return fmt::format("the {} side's follower reads {} of key {}", side(from),
                             name(follower.row), follower.key);
        });
      case Follower::Stage::HasRow:
        if (!marks_apart) return apply(state, from, Follower::Stage::Idle, steps);
        follower.stage = Follower::Stage::Marked;
        target.is_marked = true;
        return steps.to(next, [&] { return fmt::format("mark the {} side", side(1 - from)); });
      case Follower::Stage::Marked:
        return apply(state, from, Follower::Stage::Wrote, steps);
      case Follower::Stage::Wrote:
        follower = {};
        target.is_marked = false;
        return steps.to(next, [&] { return fmt::format("unmark the {} side", side(1 - from)); });
    }
  }

  void apply(const State& state, std::size_t from, Follower::Stage then,
             Steps<State>& steps) const {
    State next = state;
    Side& target = next.sides[1 - from];
    const auto [_, key, row] = state.followers[from];
    const bool changes = target.rows[key] != row;
    target.rows[key] = row;
    const bool is_logged = design_.origin == Origin::Unmarked ||
                           (design_.origin == Origin::RowsAreCompared && changes);
    if (is_logged) {
      log(target, key);
      ++next.echoes;
    }
    ++next.sides[from].position;
    next.followers[from] = {.stage = then};
    steps.to(next, [&] {
      return fmt::format("it writes {} to key {} on the {} side{}", name(row), key, side(1 - from),
                         is_logged ? ", which is logged there" : "");
    });
  }

  Design design_;
};

}  // namespace

std::vector<Variant> origin_loops() {
  const auto of = [](Design design) { return OriginLoop(design); };
  return {
      safe("L1", "both ways: a mark inside the transaction keeps a follower's writes unlogged",
           7489, of({})),
      control("L2", "no mark: one write echoes for ever", 42,
              of({.origin = Origin::Unmarked, .writes = 1, .moves_key = false})),
      control("L3", "no mark: an echo overwrites a newer write", 1274,
              of({.origin = Origin::Unmarked})),
      control("L4", "no mark, rows that are equal already are not written", 1275,
              of({.origin = Origin::RowsAreCompared})),
      control("L5", "the mark is set and taken away in transactions of its own", 738,
              of({.origin = Origin::OwnTransactions})),
  };
}

}  // namespace mig::mc
