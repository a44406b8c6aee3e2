// The triggers of a changelog in SQLite: those that log, and guards that log whom a new row may
// push out, since a row that REPLACE pushes out fires no trigger of its own.
//
// Used by change_triggers. One thread, like the database.
#pragma once

#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/change_triggers.hpp"

namespace mig::runtime {

// `evicted_into`: where those are noted that may be pushed out; the log itself, or a table of them.
Result<void> sqlite_watch(const Database& database, const std::string& log,
                          const WatchedTable& watched, const std::string& evicted_into);
Result<void> sqlite_check_watch(const Database& database, const WatchedTable& watched);
Result<void> sqlite_unwatch(const Database& database, const WatchedTable& watched);
// The name of one of its triggers: where that is there, all are.
std::string sqlite_log_trigger(std::string_view table);

}  // namespace mig::runtime
