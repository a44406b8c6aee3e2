// A copy and a follower on a target with one writer at a time, as SQLite has it, on one key.
//
// A copy that has the target's write lock before it reads its page needs no tombstones: whatever is
// touched later is applied later. A page read before the lock needs something that tells which of
// its rows died in between. A row is known by the moment at which it was read, so that the target
// going back to an older moment is seen. The promise: whenever nobody has anything left to do both
// rows are equal; in the strict variants, also that the target never goes back.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

using Number = std::uint8_t;

// What a copy looks at under the lock, beside the rows that are there.
enum class Look : std::uint8_t { RowsOnly, Tombstones, TouchedSinceReading };

// Which entries of the log are forgotten once the follower has passed them.
enum class Prune : std::uint8_t { Nothing, Passed, PassedAndUnasked };

struct Design {
  bool copy_locks_first = true;
  bool follower_locks_first = false;
  bool copy_keeps = true;
  bool copy_repairs = false;  // it also takes away a row that the source no longer has
  Look look = Look::RowsOnly;
  Prune prune = Prune::Nothing;
  Number followers = 1;
  bool compares_position = true;  // with the target's, in the follower's transaction
  bool never_goes_back = false;   // promised too
  Number copies = 1;
  Number crashes = 2;
  Number writes = 5;
};

// A row, or that there is none, as of a moment.
struct Row {
  bool is_there = false;
  Number moment = 0;
  bool operator==(const Row&) const = default;
};

struct Worker {
  enum class Stage : std::uint8_t { Idle, HasRead, HasLock, HasBoth, Over };
  Stage stage = Stage::Idle;
  Row row;
  Number end = 0;  // of the log, when the row was read
  bool operator==(const Worker&) const = default;
};

class LockedCopy {
 public:
  // Copies are the workers 0 and 1, followers 2 and 3.
  static constexpr std::size_t kCopies = 2;

  struct State {
    Row source{true, 0};
    Number logged = 0;  // a moment is a length of the log
    Number pruned = 0;
    Row target;
    bool has_tombstone = false;
    Number position = 0;
    bool went_back = false;
    std::array<Worker, 4> workers;
    Number crashes = 0;
    bool operator==(const State&) const = default;
  };

  explicit LockedCopy(Design design) : design_(design) {}

  State initial() const { return {}; }

  void each_step(const State& state, Steps<State>& steps) const {
    write(state, steps);
    prune(state, steps);
    for (std::size_t i = 0; i < state.workers.size(); ++i) {
      const bool is_used = i < kCopies ? i < design_.copies : i < kCopies + design_.followers;
      if (!is_used) continue;
      work(state, i, steps);
      crash(state, i, steps);
    }
  }

  Judgement judge(const State& state) const {
    if (design_.never_goes_back && state.went_back) return Judgement::Broken;
    for (std::size_t i = 0; i < state.workers.size(); ++i) {
      const auto rest = i < design_.copies ? Worker::Stage::Over : Worker::Stage::Idle;
      if (state.workers[i].stage != rest) return Judgement::Unsettled;
    }
    if (state.position < state.logged) return Judgement::Unsettled;
    const bool are_equal = state.target.is_there == state.source.is_there &&
                           (!state.source.is_there || state.target.moment == state.source.moment);
    return are_equal ? Judgement::Holds : Judgement::Broken;
  }

  std::string describe(const State& state) const {
    return fmt::format("source {}, target {}{}", name(state.source), name(state.target),
                       state.went_back ? ", which was newer before" : "");
  }

 private:
  static std::string name(const Row& row) {
    if (!row.is_there) return "no row";
    return row.moment == 0 ? "the old row" : fmt::format("row {}", row.moment);
  }
  static std::string name(std::size_t i) {
    return fmt::format("{} {}", i < kCopies ? "copy" : "follower", i % kCopies);
  }

  void write(const State& state, Steps<State>& steps) const {
    if (state.logged == design_.writes) return;
    for (const bool puts : {true, false}) {
      if (!puts && !state.source.is_there) continue;
      State next = state;
      next.source = {puts, ++next.logged};
      steps.to(next, [&] {
        return puts ? fmt::format("a client puts {}", name(next.source)) : "a client deletes";
      });
    }
  }

  void prune(const State& state, Steps<State>& steps) const {
    if (design_.prune == Prune::Nothing) return;
    State next = state;
    next.pruned = state.position;
    for (std::size_t i = 0; i < kCopies; ++i) {
      const Worker& copy = state.workers[i];
      const bool may_ask =
          copy.stage == Worker::Stage::HasRead || copy.stage == Worker::Stage::HasBoth;
      if (may_ask && design_.prune == Prune::PassedAndUnasked) {
        next.pruned = std::min(next.pruned, copy.end);
      }
    }
    if (next.pruned <= state.pruned) return;
    steps.to(next, [&] { return fmt::format("the log forgets entries up to {}", next.pruned); });
  }

  static bool is_locked(const State& state) {
    return std::ranges::any_of(state.workers, [](const Worker& worker) {
      return worker.stage == Worker::Stage::HasLock || worker.stage == Worker::Stage::HasBoth;
    });
  }

  void work(const State& state, std::size_t i, Steps<State>& steps) const {
    const bool locks_first = i < kCopies ? design_.copy_locks_first : design_.follower_locks_first;
    const bool has_news = i < kCopies || state.position < state.logged;
    switch (state.workers[i].stage) {
      case Worker::Stage::Idle:
        if (!has_news) return;
        return locks_first ? lock(state, i, steps) : read(state, i, steps);
      case Worker::Stage::HasRead:
        return lock(state, i, steps);
      case Worker::Stage::HasLock:
        return read(state, i, steps);
      case Worker::Stage::HasBoth:
        return i < kCopies ? commit_copy(state, i, steps) : commit_follower(state, i, steps);
      case Worker::Stage::Over:
        return;
    }
  }

  static void lock(const State& state, std::size_t i, Steps<State>& steps) {
    if (is_locked(state)) return;
    State next = state;
    Worker& worker = next.workers[i];
    worker.stage =
        worker.stage == Worker::Stage::Idle ? Worker::Stage::HasLock : Worker::Stage::HasBoth;
    steps.to(next, [&] { return fmt::format("{} locks the target", name(i)); });
  }

  static void read(const State& state, std::size_t i, Steps<State>& steps) {
    State next = state;
    Worker& worker = next.workers[i];
    worker.row = {state.source.is_there, state.logged};
    if (state.source.is_there) worker.row.moment = state.source.moment;
    worker.end = state.logged;
    worker.stage =
        worker.stage == Worker::Stage::Idle ? Worker::Stage::HasRead : Worker::Stage::HasBoth;
    steps.to(next, [&] { return fmt::format("{} reads {}", name(i), name(worker.row)); });
  }

  void commit_copy(const State& state, std::size_t i, Steps<State>& steps) const {
    State next = state;
    const Worker& worker = state.workers[i];
    const bool is_touched = state.logged > std::max(worker.end, state.pruned);
    const bool died = (design_.look == Look::Tombstones && state.has_tombstone) ||
                      (design_.look == Look::TouchedSinceReading && is_touched);
    const bool has_room = !state.target.is_there || !design_.copy_keeps;
    const bool writes = design_.copy_repairs || (worker.row.is_there && !died && has_room);
    if (writes) set(next, worker.row);
    next.workers[i] = {.stage = Worker::Stage::Over};
    steps.to(next, [&] {
      return fmt::format("{} {}", name(i),
                         writes ? fmt::format("writes {}", name(worker.row)) : "writes nothing");
    });
  }

  void commit_follower(const State& state, std::size_t i, Steps<State>& steps) const {
    State next = state;
    const Worker& worker = state.workers[i];
    next.workers[i] = {};
    if (design_.compares_position && state.position >= worker.end) {
      return steps.to(next, [&] { return fmt::format("{} finds it done", name(i)); });
    }
    set(next, worker.row);
    next.has_tombstone = design_.look == Look::Tombstones && !worker.row.is_there;
    next.position = std::max(state.position, worker.end);
    steps.to(next, [&] { return fmt::format("{} applies {}", name(i), name(worker.row)); });
  }

  static void set(State& state, const Row& row) {
    state.went_back = state.went_back || row.moment < state.target.moment;
    state.target = row;
  }

  void crash(const State& state, std::size_t i, Steps<State>& steps) const {
    const Worker::Stage stage = state.workers[i].stage;
    const bool is_working = stage != Worker::Stage::Idle && stage != Worker::Stage::Over;
    if (!is_working || state.crashes == design_.crashes) return;
    State next = state;
    next.workers[i] = {};
    ++next.crashes;
    steps.to(next, [&] { return fmt::format("{} is killed, and begins again", name(i)); });
  }

  Design design_;
};

}  // namespace

std::vector<Variant> locked_copies() {
  const auto of = [](Design design) { return LockedCopy(design); };
  return {
      safe("I1", "one writer: the copy locks, then reads; no tombstones", 36654, of({.copies = 2})),
      control("I2", "the copy reads, then locks; no tombstones", 1316,
              of({.copy_locks_first = false})),
      safe("I3", "the copy reads, then locks; tombstones", 13839,
           of({.copy_locks_first = false, .look = Look::Tombstones})),
      safe("I4", "the copy reads, then locks, and passes over what was touched since", 14496,
           of({.copy_locks_first = false, .look = Look::TouchedSinceReading})),
      safe("I5", "the copy locks, then reads, and replaces", 7848, of({.copy_keeps = false})),
      control("I6", "the copy reads, then locks, and replaces; tombstones", 1294,
              of({.copy_locks_first = false, .copy_keeps = false, .look = Look::Tombstones})),
      safe("I7", "two followers, each compares the position", 75804, of({.followers = 2})),
      control("I8", "two followers, no position is compared", 19192,
              of({.followers = 2, .compares_position = false})),
      safe("I9", "everybody locks, then reads; the target never goes back", 10254,
           of({.follower_locks_first = true, .never_goes_back = true, .copies = 2})),
      control("I10", "the follower reads, then locks; the target never goes back", 1084,
              of({.never_goes_back = true})),
      safe("I11", "a repair locks, then reads, and writes or deletes", 8736,
           of({.copy_repairs = true})),
      control("I12", "a repair reads, then locks", 1304,
              of({.copy_locks_first = false, .copy_repairs = true})),
      control("I13", "I4, the log forgets what the follower has passed", 2447,
              of({.copy_locks_first = false,
                  .look = Look::TouchedSinceReading,
                  .prune = Prune::Passed})),
      safe("I14", "I4, the log forgets what the follower has passed and no copy can ask for", 28047,
           of({.copy_locks_first = false,
               .look = Look::TouchedSinceReading,
               .prune = Prune::PassedAndUnasked})),
  };
}

}  // namespace mig::mc
