// The triggers of a changelog in PostgreSQL: one for every row that is inserted, changed or
// deleted, and one that refuses TRUNCATE, which no row sees.
//
// They run with the rights of whoever installed them, so that an application needs none on mig's
// tables, and fire in replica sessions too. A transaction of ours says so in `mig.origin`. Used by
// change_triggers. One thread, like the database.
#pragma once

#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/change_triggers.hpp"

namespace mig::runtime {

Result<void> postgres_make_log(const Database& database, const std::string& log,
                               const WatchedTable& first);
// Waits for the writers of the day, for as long as the connection waits for locks.
Result<void> postgres_watch(const Database& database, const std::string& log,
                            const WatchedTable& watched);
Result<void> postgres_check_watch(const Database& database, const WatchedTable& watched);
Result<void> postgres_unwatch(const Database& database, const WatchedTable& watched);
std::string postgres_log_trigger(std::string_view table);

}  // namespace mig::runtime
