// The triggers that write a changelog, in each dialect's own way. Used by Changelog; inside an
// Effect. One thread, like the database.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct WatchedTable {
  std::string table;
  std::vector<std::string> key;  // the columns that hold the logged key, in its order; unquoted
};

// `k0, k1`: the columns of a log that hold a key.
std::string names_of_key(std::size_t size);

// A log without entries, where there is none. `log` is quoted, `first` names the log.
Result<void> make_log(const Database& database, const std::string& log, const WatchedTable& first);
// Every commit of others after it is logged. Twice is once. Permanent where that cannot be.
Result<void> watch(const Database& database, const std::string& log, const WatchedTable& watched);
// What watching would refuse.
Result<void> check_watch(const Database& database, const WatchedTable& watched);
// Nothing is logged from here on.
Result<void> unwatch(const Database& database, const WatchedTable& watched);
Result<bool> is_watched(const Database& database, const WatchedTable& watched);

// SQLite alone: whoever is pushed out by REPLACE is noted in `evicted_into`, and the log has a
// trigger of its own that carries over what is noted.
Result<void> watch_and_carry(const Database& sqlite, const std::string& log,
                             const std::vector<WatchedTable>& watched, const std::string& carry);
Result<void> unwatch_and_carry(const Database& sqlite, const WatchedTable& first);

}  // namespace mig::runtime
