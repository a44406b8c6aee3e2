// Which rows somebody else touched, in the order of commits: what a follower reads.
//
// On the old side those are rows of one table. On the new one a row that goes back drives a
// transform, and rows of other tables go in with it: to touch one of those is to touch the row that
// drives. So several tables may log into one log, each by the columns that hold the driving key.
//
// Triggers write down keys, never what a statement did to them; the follower looks at the rows as
// they are. So an upsert, an ignored insert and a change that was taken back all log a row that
// lives, and cost a look. A row that REPLACE pushes out fires no DELETE trigger of its own, so
// every unique index has a guard that logs whom a new row could push out. mig's own transactions
// log nothing (`mig_ctl_origin`). One thread, like the database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/change_triggers.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct Touched {
  std::vector<std::string> keys;  // places, as Page::keys; each once
  std::int64_t until = 0;         // the newest entry that was read; what was asked for, if none
  std::int64_t entries = 0;
  bool is_last = false;  // nothing newer stands in the log
  bool is_gap = false;   // something behind `until` was told and is lost (change_feed.hpp)
};

// What stands in a log behind a place.
struct Waiting {
  std::int64_t entries = 0;  // about so many: numbers that nobody used count, too
  std::int64_t bytes = 0;    // that the whole log takes, where its database tells
};

// Which entries are read: those behind which nothing can appear any more, which a follower passes;
// or all that are committed, for whoever asks what may not have been carried over yet. With the
// last of the former come the keys of the latter: the rows are read as they are, so without them
// one row would be newer than another that was changed with it.
enum class Horizon : std::uint8_t { Settled, Visible };

class Changelog {
 public:
  // Of the dataset's table, by the keys of its entity.
  static Result<Changelog> of(const plan::Plan& plan, plan::DatasetId dataset);
  // Of the new side, by the keys of the rows that drive its way back. REQUIRES: there is one.
  static Result<Changelog> of_new_side(const plan::Plan& plan);

  const std::string& table() const { return log_; }  // quoted
  const std::vector<WatchedTable>& watched() const { return watched_; }
  const std::vector<plan::Type>& key_types() const { return key_types_; }

  // Inside an Effect's transaction, which waits for the writer of the day: every commit after it is
  // logged. Twice is once. Permanent where a unique index cannot be guarded: one over an expression
  // or a generated column.
  Result<void> install(const Database& database) const;
  // The same, with a trigger on the log itself: `carry`, its body, runs for each entry as it is
  // made, within the statement of whoever made it, and may delete it. A row that REPLACE pushes out
  // is entered when it is gone. Replaces what was installed, and keeps its entries.
  Result<void> install_carrying(const Database& database, const std::string& carry) const;
  // What installing would refuse, of tables that are there; changes nothing.
  Result<void> check(const Database& database) const;
  // Nothing is logged from here on; entries and their numbers stay.
  Result<void> silence(const Database& database) const;
  Result<void> remove(const Database& database) const;
  Result<bool> is_installed(const Database& database) const;

  // Entries behind `after`, at most `limit` of them, or those of one transaction that has more. For
  // rows that belong to the answer, inside the read transaction that reads the rows.
  Result<Touched> read(const Database& database, std::int64_t after, std::size_t limit,
                       Horizon horizon = Horizon::Settled) const;
  // Zero in an empty log that was never written to.
  Result<std::int64_t> newest(const Database& database) const;
  // However many there are, it costs a look at the first and the last. Nothing where no log is.
  Result<Waiting> waiting(const Database& database, std::int64_t after) const;
  Result<bool> is_touched(const Database& database, const std::string& key,
                          std::int64_t after) const;
  // Logs these rows as touched, inside a transaction of ours, which logs nothing by itself.
  Result<void> note(const Database& database, const std::vector<std::string>& places) const;
  // Forgets what every follower has passed. Inside a transaction of ours.
  Result<void> prune(const Database& database, std::int64_t until) const;

 private:
  struct Entry {
    std::int64_t at = 0;
    std::string place;
  };
  struct Found {
    std::vector<Entry> entries;
    bool is_last = false;
    std::vector<Entry> beside;  // committed, and not to be passed yet
  };
  std::string key_sql(const Database& database) const;
  Result<std::vector<Entry>> entries(Statement& rows) const;
  Result<Found> read_by_number(const Database& database, std::int64_t after,
                               std::size_t limit) const;
  Result<std::vector<Entry>> held_back(const Database& database, std::int64_t after,
                                       std::size_t limit) const;
  Result<Found> read_by_transaction(const Database& database, std::int64_t after, std::size_t limit,
                                    Horizon horizon) const;

  std::string log_;                    // quoted
  std::vector<WatchedTable> watched_;  // the first one names the log
  std::vector<plan::Type> key_types_;
};

}  // namespace mig::runtime
