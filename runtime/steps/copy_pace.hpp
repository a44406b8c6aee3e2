// How fast a copy goes: how many rows one transaction moves, and how long it rests behind that.
//
// A polite copy keeps its transactions short and leaves others as much time as it takes; one with a
// rate owes time for its rows and bytes, and moves no more at once than a second's worth; one at
// full speed owes nothing. Where the plan gives no chunk for a server, a transaction has as many
// rows as fit kLongestWrite. Whatever it is given, it has no more than two pages' bytes. Never
// waits: `rests_until` says how long. One thread, the copy's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "compiler/plan/action.hpp"
#include "runtime/clock.hpp"

namespace mig::runtime {

// How long a write transaction may keep others from what it writes: a polite one, and one that
// adapts.
inline constexpr Duration kPoliteWrite = std::chrono::milliseconds(25);
inline constexpr Duration kLongestWrite = std::chrono::milliseconds(500);

// What a transaction has moved, or read for it.
struct Moved {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

// Whether the plan leaves it to the runtime how many rows a transaction has: that follows the time
// it takes, and is no more than this.
inline bool adapts(const plan::Copy& copy) {
  return copy.chunk.value == 0;
}
inline constexpr std::size_t kMostAdapted = 100'000;

class CopyPace {
 public:
  // `most` rows a transaction.
  CopyPace(const plan::Copy& copy, std::size_t most);

  std::size_t rows() const;  // of the next transaction
  // Of each of its pages: those that are read ahead are smaller, so that neither side waits long.
  std::size_t rows_of_page(bool is_ahead) const;
  // Whether another page of so many rows belongs to a transaction that has moved others.
  bool has_room(const Moved& moved, std::size_t more) const;
  Instant rests_until() const { return rests_until_; }
  // A transaction moved that within `took`.
  void note(const Clock& clock, const Moved& moved, Duration took);
  // The same of a part of a row, which tells nothing of how many rows a transaction can have.
  void note_part(const Clock& clock, const Moved& moved, Duration took);

 private:
  bool is_polite() const { return pace_.kind == plan::PaceKind::Polite; }
  void adapt(const Moved& moved, Duration took);
  void fit_bytes(const Moved& moved);
  Duration owed(const Moved& moved) const;
  void rest(const Clock& clock, Duration length);

  plan::Pace pace_;
  bool adapts_;
  std::size_t most_;
  std::size_t rows_;
  std::size_t row_limit_;  // of a transaction, so that it has a second's bytes
  Instant rests_until_{};
};

}  // namespace mig::runtime
