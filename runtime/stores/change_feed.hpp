// Which rows of the side that leads were touched behind a place, whatever the kind of its store:
// what a follower reads.
//
// A database keeps a changelog (changelog.hpp), Redis sends its replication stream. A place is a
// number, and what a follower keeps of it a text that begins with that number. Belongs to one
// follower and its thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/changelog.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

inline constexpr std::int64_t kBeforeAll = -1;

class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;

  // What its follower keeps of its place now: its own word, or that of whoever was there before.
  virtual void stand_at(const std::string& cursor) = 0;
  // Up to `limit` entries behind `after`; behind kBeforeAll all that was ever told, if it is kept.
  // For rows that belong to the answer: inside `hold`.
  virtual Result<Touched> read(std::int64_t after, std::size_t limit, Horizon horizon) = 0;
  // Whether an entry of that row stands behind `after`.
  virtual Result<bool> is_touched(const std::string& place, std::int64_t after) = 0;
  // Whether nothing but entries lies behind `after`, for who finds rows gone before it reads those:
  // fails where something took all rows at once. False where that can no longer be told.
  virtual Result<bool> has_only_entries(std::int64_t after) = 0;
  // Which of those rows entries behind `after` are about; else like has_only_entries, and nothing
  // where that is false.
  virtual Result<std::optional<std::unordered_set<std::string>>> touched_among(
      const std::vector<std::string>& places, std::int64_t after) = 0;
  // What a follower keeps of its place.
  virtual std::string cursor(std::int64_t position) const = 0;
  // While this lasts the rows are those of the entries, where the store can hold them still. Where
  // it cannot, a row is at least as new as its entry, and a later change has a later one.
  virtual Result<std::optional<Transaction>> hold() = 0;
  // Behind a `Touched::is_gap`: the place from which on everything is told again. What was missed
  // may be any row.
  virtual Result<std::int64_t> go_on() = 0;
};

// Where a follower stands, by what is kept of its place.
std::int64_t position_of(const std::string& cursor);

}  // namespace mig::runtime
