// How fast a copy goes: how many rows one transaction moves, and how long it rests behind that.
//
// A polite copy keeps its transactions short and leaves others as much time as it takes; one with a
// rate owes time for its rows; one at full speed owes nothing. Never waits: `rests_until` says how
// long. One thread, the copy's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compiler/plan/action.hpp"
#include "runtime/clock.hpp"

namespace mig::runtime {

class CopyPace {
 public:
  // `most` rows a transaction.
  CopyPace(const plan::Pace& pace, std::size_t most);

  std::size_t rows() const { return rows_; }  // of the next transaction
  // Of each of its pages: those that are read ahead are smaller, so that neither side waits long.
  std::size_t rows_of_page(bool is_ahead) const;
  // Whether another page of so many rows belongs to a transaction that has moved others.
  bool has_room(std::int64_t moved, std::size_t more) const {
    return static_cast<std::size_t>(moved) + more <= rows_;
  }
  Instant rests_until() const { return rests_until_; }
  bool is_polite() const { return pace_.kind == plan::PaceKind::Polite; }
  // A transaction moved `rows` within `took`.
  void note(const Clock& clock, std::int64_t rows, Duration took);

 private:
  plan::Pace pace_;
  std::size_t most_;
  std::size_t rows_;
  Instant rests_until_{};
};

}  // namespace mig::runtime
