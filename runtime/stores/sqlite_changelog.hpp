// Which rows of a table somebody else touched, in the order of commits: what a follower reads.
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
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

struct Touched {
  std::vector<std::string> keys;  // places, as Page::keys; each once
  std::int64_t until = 0;         // the newest entry that was read; what was asked for, if none
  std::int64_t entries = 0;
  bool is_last = false;  // nothing newer stands in the log
};

class Changelog {
 public:
  // Of the dataset's table, by the keys of its entity.
  static Result<Changelog> of(const plan::Plan& plan, plan::DatasetId dataset);

  // Inside an Effect's transaction, which waits for the writer of the day: every commit after it is
  // logged. Twice is once. Permanent where a unique index cannot be guarded: one over an expression
  // or a generated column.
  Result<void> install(const Database& database) const;
  Result<void> remove(const Database& database) const;
  Result<bool> is_installed(const Database& database) const;

  // Entries behind `after`, at most `limit` of them. For rows that belong to the answer, inside the
  // read transaction that reads the rows.
  Result<Touched> read(const Database& database, std::int64_t after, std::size_t limit) const;
  // Zero in an empty log that was never written to.
  Result<std::int64_t> newest(const Database& database) const;
  Result<bool> is_touched(const Database& database, const std::string& key,
                          std::int64_t after) const;
  // Forgets what every follower has passed. Inside a transaction of ours.
  Result<void> prune(const Database& database, std::int64_t until) const;

 private:
  std::string table_;
  std::string log_;               // quoted
  std::vector<std::string> key_;  // columns, unquoted
};

}  // namespace mig::runtime
