#include "runtime/stores/postgres_slot_feed.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

// A follower notes its place behind so many bytes of the log though none was about its rows, or the
// server would keep them for it.
constexpr std::int64_t kNotedEvery = std::int64_t{1} << 20;
// Whoever asks for one row looks at so many entries; behind more, nobody knows.
constexpr std::size_t kLookedThrough = 100'000;

// What a statement of this moment sees.
class Snapshot {
 public:
  static Result<Snapshot> of(const Database& database) {
    MIG_ASSIGN(rows, database.prepare("SELECT pg_current_snapshot()::text"));
    MIG_TRY(rows.step());
    Snapshot seen{std::string(rows.text(0))};
    rows.reset();
    return seen;
  }

  // A transaction that has committed. Its number is the lower half; the upper one is that of its
  // time.
  bool shows(std::uint32_t xid) const {
    const auto ago = static_cast<std::int32_t>(static_cast<std::uint32_t>(end_) - xid);
    if (ago <= 0) return false;
    return std::ranges::find(under_way_, end_ - static_cast<std::uint64_t>(ago)) ==
           under_way_.end();
  }

 private:
  // `10:20:10,14`
  explicit Snapshot(const std::string& text) {
    std::vector<std::uint64_t> numbers;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
      std::uint64_t number = 0;
      const auto read = std::from_chars(at, end, number);
      if (read.ec == std::errc()) numbers.push_back(number);
      at = std::max(read.ptr, at) + 1;
    }
    if (numbers.size() > 1) end_ = numbers[1];
    if (numbers.size() > 2) under_way_.assign(numbers.begin() + 2, numbers.end());
  }

  std::uint64_t end_ = 0;
  std::vector<std::uint64_t> under_way_;
};

}  // namespace

PostgresSlotFeed::PostgresSlotFeed(std::shared_ptr<PostgresSlotStream> stream, const Database& rows,
                                   const std::string& cursor)
    : stream_(std::move(stream)), rows_(&rows), history_(history_of(cursor)) {}

std::string PostgresSlotFeed::cursor_of(std::int64_t position, const std::string& history) {
  return fmt::format("{} {}", position, history);
}

std::string PostgresSlotFeed::history_of(const std::string& cursor) {
  const auto blank = cursor.find(' ');
  return blank == cursor.npos ? std::string() : cursor.substr(blank + 1);
}

// It is kept durably, so the server need not.
void PostgresSlotFeed::stand_at(const std::string& cursor) {
  history_ = history_of(cursor);
  is_follower_ = true;
  const std::int64_t position = position_of(cursor);
  if (stream_->stand_behind(position, history_, true)) stream_->confirm(position);
}

std::string PostgresSlotFeed::cursor(std::int64_t position) const {
  return cursor_of(position, history_);
}

Result<std::optional<Transaction>> PostgresSlotFeed::hold() {
  MIG_ASSIGN(snapshot, Transaction::begin_read(*rows_));
  return std::optional<Transaction>(std::move(snapshot));
}

Result<Touched> PostgresSlotFeed::read(std::int64_t after, std::size_t limit, Horizon) {
  Touched touched{.until = after};
  // First: what it shows was committed in front of the end of the log, which is asked for next.
  MIG_ASSIGN(snapshot, Snapshot::of(*rows_));
  bool is_whole = stream_->stand_behind(after, history_, is_follower_);
  if (is_whole) {
    MIG_ASSIGN(is_read, stream_->read_on(after, limit));
    is_whole = is_read;
  }
  if (!is_whole) {
    touched.is_gap = true;
    touched.entries = 1;
    return touched;
  }
  const auto& entries = stream_->entries();
  std::unordered_set<std::string> seen;
  const auto take = [&](const PostgresSlotStream::Entry& entry) {
    if (seen.insert(entry.place).second) touched.keys.push_back(entry.place);
  };
  std::size_t next = stream_->behind(after);
  // Whole transactions only.
  while (
      next < entries.size() && snapshot.shows(entries[next].xid) &&
      (touched.entries < static_cast<std::int64_t>(limit) || entries[next].at == touched.until)) {
    touched.until = entries[next].at;
    ++touched.entries;
    take(entries[next++]);
  }
  const bool are_all = next == entries.size();
  if (are_all) touched.until = std::max(touched.until, stream_->settled());
  touched.is_last = are_all && stream_->is_drained();
  // What is seen already though an older one is not is newer all the same.
  const bool is_held = !are_all && !snapshot.shows(entries[next].xid);
  for (; is_held && touched.entries > 0 && next < entries.size(); ++next) {
    if (snapshot.shows(entries[next].xid)) take(entries[next]);
  }
  if (touched.entries == 0 && touched.until - after >= kNotedEvery) touched.entries = 1;
  return touched;
}

Result<bool> PostgresSlotFeed::is_touched(const std::string& place, std::int64_t after) {
  if (!stream_->stand_behind(after, history_, is_follower_)) return true;  // nobody knows
  MIG_ASSIGN(is_read, stream_->read_on(after, kLookedThrough));
  if (!is_read || !stream_->is_drained()) return true;
  const auto& entries = stream_->entries();
  return std::any_of(entries.begin() + static_cast<std::ptrdiff_t>(stream_->behind(after)),
                     entries.end(), [&](const auto& entry) { return entry.place == place; });
}

Result<bool> PostgresSlotFeed::has_only_entries(std::int64_t after) {
  if (!stream_->stand_behind(after, history_, is_follower_)) return false;
  return stream_->read_on(after, std::numeric_limits<std::size_t>::max());
}

Result<std::optional<std::unordered_set<std::string>>> PostgresSlotFeed::touched_among(
    const std::vector<std::string>& places, std::int64_t after) {
  MIG_ASSIGN(is_whole, has_only_entries(after));
  if (!is_whole) return std::nullopt;
  const std::unordered_set<std::string> asked(places.begin(), places.end());
  std::unordered_set<std::string> touched;
  const auto& entries = stream_->entries();
  for (std::size_t i = stream_->behind(after); i < entries.size(); ++i) {
    if (asked.contains(entries[i].place)) touched.insert(entries[i].place);
  }
  return std::optional(std::move(touched));
}

Result<std::int64_t> PostgresSlotFeed::go_on() {
  MIG_ASSIGN(anew, stream_->begin_anew());
  history_ = anew.history;
  return anew.place;
}

}  // namespace mig::runtime
