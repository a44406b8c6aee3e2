#include "runtime/stores/row_count.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>

#include <fmt/format.h>

#include "runtime/engine/workers.hpp"

namespace mig::runtime {
namespace {

using Number = std::optional<std::int64_t>;

// Between two looks at the clock.
constexpr auto kGlance = std::chrono::milliseconds(20);
// Rows of a table that is worth a guess.
constexpr std::int64_t kMany = 500'000;
// Behind whoever changes the table, nobody waits to count it.
constexpr auto kLockWait = std::chrono::milliseconds(100);

Result<Number> sqlite_integer(const Database& database, const std::string& sql, const Clock& clock,
                              Duration limit) {
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

// The server counts the time. What it gave up ends the transaction, and the limits with it.
Result<Number> postgres_integer(const Database& database, const std::string& sql, Duration limit) {
  assert(!database.is_in_transaction());
  MIG_ASSIGN(moment, Transaction::begin_read(database));
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(limit);
  MIG_TRY(
      database.execute(fmt::format("SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = "
                                   "{}",
                                   std::max<std::int64_t>(whole.count(), 1), kLockWait.count())));
  const auto number = [&]() -> Result<Number> {
    MIG_ASSIGN(query, database.prepare(sql));
    MIG_ASSIGN(has_row, query.step());
    if (!has_row || query.storage_class(0) != StorageClass::Integer) return std::nullopt;
    return query.integer(0);
  }();
  if (!number) {
    const SqlFailure met = database.last_failure();
    const bool is_late = met == SqlFailure::Interrupted || met == SqlFailure::Busy;
    if (is_late) return std::nullopt;
    return number;
  }
  MIG_TRY(moment.commit());
  return number;
}

}  // namespace

Result<Number> integer_within(const Database& database, const std::string& sql, const Clock& clock,
                              Duration limit) {
  return database.dialect() == Dialect::Sqlite ? sqlite_integer(database, sql, clock, limit)
                                               : postgres_integer(database, sql, limit);
}

Result<Number> row_bound(const Database& database, const std::string& table, const Clock& clock,
                         Duration limit) {
  if (database.dialect() != Dialect::Sqlite) return std::nullopt;
  const std::string sql = fmt::format("SELECT max(rowid) FROM {}", table);
  if (!database.prepare(sql)) return std::nullopt;
  return integer_within(database, sql, clock, limit);
}

Result<Number> guessed_rows(const Database& database, const std::string& table) {
  MIG_ASSIGN(rows, database.prepare("SELECT reltuples::bigint FROM pg_class "
                                    "WHERE oid = to_regclass(?1) AND relkind IN ('r', 'p', 'm') "
                                    "AND reltuples >= 0"));
  rows.bind_text(1, table);
  MIG_ASSIGN(has_row, rows.step());
  return has_row ? Number(rows.integer(0)) : std::nullopt;
}

Result<RowsCounted> count_rows(const Database& database, const std::string& table,
                               const Clock& clock, Duration limit) {
  Number guess;
  if (database.dialect() == Dialect::Postgres) {
    MIG_ASSIGN(told, guessed_rows(database, table));
    guess = told;
  }
  const RowsCounted guessed{.rows = guess, .is_exact = false, .is_guessed = true};
  if (guess && *guess >= kMany) return guessed;
  MIG_ASSIGN(counted,
             integer_within(database, fmt::format("SELECT count(*) FROM {}", table), clock, limit));
  if (counted) return RowsCounted{.rows = counted};
  if (database.dialect() == Dialect::Postgres) return guessed;
  MIG_ASSIGN(bound, row_bound(database, table, clock, limit));
  return RowsCounted{.rows = bound, .is_exact = false};
}

}  // namespace mig::runtime
