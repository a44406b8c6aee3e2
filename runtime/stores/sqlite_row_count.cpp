#include "runtime/stores/sqlite_row_count.hpp"

#include <chrono>

#include <fmt/format.h>

#include "runtime/engine/workers.hpp"

namespace mig::runtime {
namespace {

// Between two looks at the clock.
constexpr auto kGlance = std::chrono::milliseconds(20);

}  // namespace

Result<std::optional<std::int64_t>> integer_within(const Database& database, const std::string& sql,
                                                   const Clock& clock, Duration limit) {
  MIG_ASSIGN(query, database.prepare(sql));
  // A count goes through a table without ever asking whether it may: it has to be told to end.
  Worker beside;
  const Duration end = clock.elapsed() + limit;
  Result<bool> row = false;
  beside.run([&] { row = query.step(); }, kGlance,
             [&] {
               if (clock.elapsed() >= end) database.interrupt();
             });
  if (!row) {
    if (database.last_failure() == SqlFailure::Interrupted) return std::nullopt;
    return std::unexpected(row.error());
  }
  if (!*row || query.storage_class(0) != StorageClass::Integer) return std::nullopt;
  return query.integer(0);
}

Result<std::optional<std::int64_t>> row_bound(const Database& database, const std::string& table,
                                              const Clock& clock, Duration limit) {
  const std::string sql = fmt::format("SELECT max(rowid) FROM {}", table);
  if (!database.prepare(sql)) return std::nullopt;
  return integer_within(database, sql, clock, limit);
}

Result<RowsCounted> count_rows(const Database& database, const std::string& table,
                               const Clock& clock, Duration limit) {
  MIG_ASSIGN(counted,
             integer_within(database, fmt::format("SELECT count(*) FROM {}", table), clock, limit));
  if (counted) return RowsCounted{counted, true};
  MIG_ASSIGN(bound, row_bound(database, table, clock, limit));
  return RowsCounted{bound, false};
}

}  // namespace mig::runtime
