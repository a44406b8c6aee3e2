#include "tests/app/register_check.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mig::app {
namespace {

// One operation as the search sees it.
struct Event {
  Operation operation;
  bool may_be_left_out = false;  // nobody was told that it happened
};

std::vector<Event> events_of(const RowStory& story) {
  std::vector<Event> events;
  Moment end_of_all = 0;
  for (const Operation& operation : story.operations) {
    if (operation.outcome == Outcome::Failed) continue;
    const bool is_unknown = operation.outcome == Outcome::Unknown;
    if (is_unknown && operation.kind == Kind::Read) continue;
    Event event{operation, is_unknown};
    if (is_unknown) event.operation.ended = kNever;
    // An answer that may be behind is the answer to a question that was asked earlier.
    if (operation.kind == Kind::Read) event.operation.began -= operation.may_be_behind;
    end_of_all = std::max({end_of_all, operation.began, operation.ended});
    events.push_back(std::move(event));
  }
  std::ranges::stable_sort(events, {}, [](const Event& event) { return event.operation.began; });
  // Whoever looks at the row in the end reads it after everything that had an end.
  Operation look{.kind = Kind::Read, .value = story.last, .began = end_of_all + 1, .ended = kNever};
  events.push_back({look, false});
  return events;
}

class Search {
 public:
  explicit Search(std::vector<Event> events)
      : events_(std::move(events)), is_done_(events_.size(), false) {}

  bool explains(Cell value) {
    if (is_complete()) return true;
    if (!seen_.emplace(is_done_, value).second) return false;
    const Moment limit = earliest_end();
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (is_done_[i]) continue;
      const Operation& operation = events_[i].operation;
      if (operation.began > limit) break;  // something else had ended before this one began
      const bool is_read = operation.kind == Kind::Read;
      if (is_read && operation.value != value) continue;
      is_done_[i] = true;
      const bool found = explains(is_read                          ? value
                                  : operation.kind == Kind::Delete ? Cell()
                                                                   : operation.value);
      is_done_[i] = false;
      if (found) return true;
    }
    return false;
  }

 private:
  bool is_complete() const {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (!is_done_[i] && !events_[i].may_be_left_out) return false;
    }
    return true;
  }

  Moment earliest_end() const {
    Moment earliest = kNever;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (!is_done_[i]) earliest = std::min(earliest, events_[i].operation.ended);
    }
    return earliest;
  }

  std::vector<Event> events_;
  std::vector<bool> is_done_;
  std::set<std::pair<std::vector<bool>, Cell>> seen_;
};

bool is_change(const Operation& operation) {
  return operation.kind != Kind::Read && operation.outcome != Outcome::Failed;
}

// Nothing else can have come after this write, and yet the row is another.
bool is_lost(const RowStory& story, const Operation& write) {
  if (write.outcome != Outcome::Acknowledged || write.kind != Kind::Put) return false;
  if (story.last == write.value) return false;
  return std::ranges::none_of(story.operations, [&](const Operation& other) {
    if (!is_change(other) || other == write) return false;
    const Moment ended = other.outcome == Outcome::Unknown ? kNever : other.ended;
    return ended >= write.began;
  });
}

// Somebody sees a value whose write had ended before a delete began that had ended before the look.
bool is_resurrected(const RowStory& story, const Cell& seen, Moment began) {
  if (!seen) return false;
  const auto write = std::ranges::find_if(story.operations, [&](const Operation& operation) {
    return operation.kind == Kind::Put && operation.value == seen;
  });
  const bool is_first = story.first == seen;
  if (write == story.operations.end() && !is_first) return false;
  if (write != story.operations.end() && write->outcome == Outcome::Unknown) return false;
  const Moment written = is_first ? std::numeric_limits<Moment>::min() : write->ended;
  return std::ranges::any_of(story.operations, [&](const Operation& operation) {
    return operation.kind == Kind::Delete && operation.outcome == Outcome::Acknowledged &&
           operation.began > written && operation.ended < began;
  });
}

}  // namespace

bool is_explained(const RowStory& story) {
  return Search(events_of(story)).explains(story.first);
}

std::string name_of_fault(const RowStory& story) {
  if (is_explained(story)) return {};
  if (is_resurrected(story, story.last, kNever)) return "resurrection";
  for (const Operation& operation : story.operations) {
    const bool is_look = operation.kind == Kind::Read && operation.outcome == Outcome::Acknowledged;
    if (is_look &&
        is_resurrected(story, operation.value, operation.began - operation.may_be_behind))
      return "resurrection";
  }
  for (const Operation& operation : story.operations) {
    if (is_lost(story, operation)) return "lost write";
  }
  return "not linearizable";
}

}  // namespace mig::app
