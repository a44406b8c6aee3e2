// What makes a server tell a follower, out of its write-ahead log, which rows of a dataset are
// touched: a publication of exactly the dataset's tables, and a logical slot, behind which the
// server keeps its log until the follower has read it.
//
// Both have names of mig's. A slot has no id of its own: what tells one that somebody dropped and
// made again from ours is that it begins behind the place that is kept, and its `history`, in which
// server, timeline, publication and its tables are. Used by postgres_slot_stream and by whoever
// begins or ends following. One thread, like the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/change_triggers.hpp"
#include "runtime/stores/changelog.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// Places in the log are bytes since its beginning.
struct SlotState {
  std::int64_t written = 0;    // the server's log goes up to here
  std::int64_t flushed = 0;    // and this much of it is sent
  std::int64_t confirmed = 0;  // the slot tells what was committed behind this
  bool exists = false;
  bool is_lost = false;     // the server has thrown away what the slot would tell next
  bool is_foreign = false;  // somebody else's, under the same name
  std::int64_t reader = 0;  // the process that reads it; 0: none
  std::string history;      // empty: the publication is not as we made it
};

// What a server keeps of its log for a slot, and how much it would keep, in bytes.
struct KeptLog {
  std::int64_t used = 0;
  std::optional<std::int64_t> limit;  // nothing: as much as its disk takes
};

enum class WalLimit : std::uint8_t { Needed, Accepted };

class PostgresSlot {
 public:
  // Of the dataset that stands in this table.
  static std::string publication_of(const std::string& table);
  // `log`: whose tables and keys are told.
  static Result<PostgresSlot> of(const Database& database, const Changelog& log);

  const std::string& name() const { return name_; }
  const std::string& publication() const { return publication_; }
  const std::vector<WatchedTable>& watched() const { return watched_; }
  const std::vector<plan::Type>& key_types() const { return key_types_; }

  // What beginning would refuse, or what would not go well later: changes nothing. `beside`: how
  // many more slots are made on that server before.
  Result<void> check(const Database& database, WalLimit limit, std::int64_t beside) const;
  // The same of tables alone. Those that are not there are left out.
  Result<void> check_tables(const Database& database) const;

  Result<SlotState> state(const Database& database) const;
  // Nothing where the slot is not there, or tells nothing any more. Whoever may connect may ask.
  Result<std::optional<KeptLog>> kept_log(const Database& database) const;
  // Inside a transaction of ours. Twice is once.
  Result<void> publish(const Database& database) const;
  Result<void> unpublish(const Database& database) const;
  // Outside of any transaction: waits for all that are under way. Gives what it confirmed. Twice is
  // once.
  Result<std::int64_t> create(const Database& database) const;
  // Waits for whoever has committed in front of the slot and is not seen to have yet; inside a
  // transaction.
  Result<void> wait_for_writers(const Database& database) const;
  // Ends a reader of mig's, and waits for that. Permanent where it is somebody else's.
  Result<void> end_reader(const Database& database) const;
  Result<void> drop(const Database& database) const;

 private:
  std::string name_;
  std::string publication_;
  std::vector<WatchedTable> watched_;
  std::vector<plan::Type> key_types_;
};

// Ends a reader of that slot that is mig's and drops the slot; one that is gone already is gone.
Result<void> drop_slot(const Database& database, const std::string& name);
// How much of its log the server keeps for slots at most, as people write it: `1 GB`; nothing
// where there is no limit.
Result<std::string> kept_for_slots(const Database& database);

}  // namespace mig::runtime
