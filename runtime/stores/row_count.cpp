#include "runtime/stores/row_count.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace mig::runtime {
namespace {

// While it lives, a call on the connection returns with Interrupted once the time is over.
class TimeLimit {
 public:
  TimeLimit(const Database& database, const Clock& clock, Duration limit)
      : database_(database), clock_(clock), end_(clock.elapsed() + limit) {
    constexpr int kInstructions = 1000;  // between two looks at the clock; far below a millisecond
    sqlite3_progress_handler(database.handle(), kInstructions, &TimeLimit::is_over, this);
  }
  ~TimeLimit() { sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr); }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

 private:
  static int is_over(void* self) {
    const auto* limit = static_cast<const TimeLimit*>(self);
    return limit->clock_.elapsed() >= limit->end_ ? 1 : 0;
  }

  const Database& database_;
  const Clock& clock_;
  const Duration end_;
};

}  // namespace

Result<std::optional<std::int64_t>> integer_within(const Database& database, const std::string& sql,
                                                   const Clock& clock, Duration limit) {
  MIG_ASSIGN(query, database.prepare(sql));
  const TimeLimit guard(database, clock, limit);
  auto row = query.step();
  if (!row) {
    if (database.last_failure() == SqliteFailure::Interrupted) return std::nullopt;
    return std::unexpected(row.error());
  }
  if (!*row || query.storage_class(0) != StorageClass::Integer) return std::nullopt;
  return query.integer(0);
}

Result<RowsCounted> count_rows(const Database& database, const std::string& table,
                               const Clock& clock, Duration limit) {
  MIG_ASSIGN(counted,
             integer_within(database, fmt::format("SELECT count(*) FROM {}", table), clock, limit));
  if (counted) return RowsCounted{counted, true};
  // A table without rowid has no such column: then nothing bounds the number.
  auto bound =
      integer_within(database, fmt::format("SELECT max(rowid) FROM {}", table), clock, limit);
  if (!bound) return RowsCounted{std::nullopt, false};
  return RowsCounted{*bound, false};
}

}  // namespace mig::runtime
