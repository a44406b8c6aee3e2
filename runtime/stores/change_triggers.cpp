#include "runtime/stores/change_triggers.hpp"

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"
#include "runtime/stores/postgres_change_triggers.hpp"
#include "runtime/stores/sqlite_change_triggers.hpp"

namespace mig::runtime {
namespace {

bool is_sqlite(const Database& database) {
  return database.dialect() == Dialect::Sqlite;
}

}  // namespace

std::string names_of_key(std::size_t size) {
  std::string names;
  for (std::size_t i = 0; i < size; ++i)
    names += fmt::format("{}k{}", i == 0 ? "" : ", ", i);
  return names;
}

Result<void> make_log(const Database& database, const std::string& log, const WatchedTable& first) {
  if (!is_sqlite(database)) return postgres_make_log(database, log, first);
  return database.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {}(seq INTEGER PRIMARY KEY AUTOINCREMENT, {})", log,
                  names_of_key(first.key.size())));
}

Result<void> watch(const Database& database, const std::string& log, const WatchedTable& watched) {
  return is_sqlite(database) ? sqlite_watch(database, log, watched, log)
                             : postgres_watch(database, log, watched);
}

Result<void> check_watch(const Database& database, const WatchedTable& watched) {
  return is_sqlite(database) ? sqlite_check_watch(database, watched)
                             : postgres_check_watch(database, watched);
}

Result<void> unwatch(const Database& database, const WatchedTable& watched) {
  return is_sqlite(database) ? sqlite_unwatch(database, watched)
                             : postgres_unwatch(database, watched);
}

Result<bool> is_watched(const Database& database, const WatchedTable& watched) {
  return has_trigger(database, is_sqlite(database) ? sqlite_log_trigger(watched.table)
                                                   : postgres_log_trigger(watched.table));
}

}  // namespace mig::runtime
