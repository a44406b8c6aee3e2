// A changelog read by polling: which cursor sees every row of it, although numbers are handed out
// in another order than transactions commit.
#include <algorithm>
#include <array>
#include <compare>

#include <fmt/format.h>

#include "tests/mc/variant.hpp"

namespace mig::mc {
namespace {

using Number = std::uint8_t;

enum class Cursor : std::uint8_t { Id, IdBelowOldest, TransactionThenIdBelowOldest };
enum class Stage : std::uint8_t { Idle, Begun, Numbered, Committed };

struct Transaction {
  Stage stage = Stage::Idle;
  Number number = 0;
  Number id = 0;
  bool operator==(const Transaction&) const = default;
};

struct Place {
  Number transaction = 0;
  Number id = 0;
  auto operator<=>(const Place&) const = default;
};

class Poller {
 public:
  struct State {
    std::array<Transaction, 3> writers;
    Number next_transaction = 1;
    Number next_id = 1;
    Place last;
    Number seen = 0;  // a bit for each id
    bool operator==(const State&) const = default;
  };

  explicit Poller(Cursor cursor) : cursor_(cursor) {}

  State initial() const { return {}; }

  void each_step(const State& state, Steps<State>& steps) const {
    for (std::size_t i = 0; i < state.writers.size(); ++i) {
      write(state, i, steps);
    }
    const std::vector<Place> news = unread(state);
    if (news.empty()) return;
    State next = state;
    next.last = news.back();
    for (const Place& place : news) {
      next.seen = static_cast<Number>(next.seen | 1 << place.id);
    }
    steps.to(next, [&] {
      std::string ids;
      for (const Place& place : news) {
        ids += fmt::format(" {}", place.id);
      }
      return fmt::format("the poller reads id{}", ids);
    });
  }

  Judgement judge(const State& state) const {
    const bool are_done = std::ranges::all_of(
        state.writers, [](const Transaction& writer) { return writer.stage == Stage::Committed; });
    if (!are_done || !unread(state).empty()) return Judgement::Unsettled;
    return state.seen == 0b1110 ? Judgement::Holds : Judgement::Broken;
  }

  std::string describe(const State& state) const {
    std::string missed;
    for (int id = 1; id <= 3; ++id) {
      if ((state.seen & 1 << id) == 0) missed += fmt::format(" {}", id);
    }
    return fmt::format("nothing is left to read; never read: id{}", missed);
  }

 private:
  static void write(const State& state, std::size_t i, Steps<State>& steps) {
    State next = state;
    Transaction& writer = next.writers[i];
    switch (writer.stage) {
      case Stage::Idle:
        writer = {Stage::Begun, next.next_transaction++, 0};
        return steps.to(next, [&] { return fmt::format("writer {} begins {}", i, writer.number); });
      case Stage::Begun:
        writer.stage = Stage::Numbered;
        writer.id = next.next_id++;
        return steps.to(next, [&] { return fmt::format("writer {} gets id {}", i, writer.id); });
      case Stage::Numbered:
        writer.stage = Stage::Committed;
        return steps.to(next, [&] { return fmt::format("writer {} commits id {}", i, writer.id); });
      case Stage::Committed:
        return;
    }
  }

  // What the next poll returns, in the order of the cursor.
  std::vector<Place> unread(const State& state) const {
    Number oldest = state.next_transaction;
    for (const Transaction& writer : state.writers) {
      const bool is_open = writer.stage == Stage::Begun || writer.stage == Stage::Numbered;
      if (is_open) oldest = std::min(oldest, writer.number);
    }
    std::vector<Place> found;
    for (const Transaction& writer : state.writers) {
      if (writer.stage != Stage::Committed) continue;
      if (cursor_ != Cursor::Id && writer.number >= oldest) continue;
      const bool orders_by_both = cursor_ == Cursor::TransactionThenIdBelowOldest;
      const Place place{orders_by_both ? writer.number : Number{0}, writer.id};
      if (place > state.last) found.push_back(place);
    }
    std::ranges::sort(found);
    return found;
  }

  Cursor cursor_;
};

}  // namespace

std::vector<Variant> polled_changelogs() {
  return {
      control("C1", "poll: id > last", 1270, Poller(Cursor::Id)),
      control("C2", "poll: id > last, below the oldest open transaction", 822,
              Poller(Cursor::IdBelowOldest)),
      safe("C3", "poll: (transaction, id) > last, below the oldest open transaction", 925,
           Poller(Cursor::TransactionThenIdBelowOldest)),
  };
}

}  // namespace mig::mc
