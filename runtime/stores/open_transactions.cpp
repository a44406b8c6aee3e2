#include "runtime/stores/open_transactions.hpp"

#include <fmt/format.h>

#include "compiler/plan/units.hpp"

namespace mig::runtime {
namespace {

std::string text(const Statement& row, int column) {
  return std::string(row.text(column));
}

std::string age(const Statement& row, int column) {
  return plan::print(plan::Duration(std::chrono::seconds(row.integer(column))));
}

// More than these tell nothing new.
constexpr int kShown = 3;

Result<void> add_prepared(const Database& database, std::chrono::seconds at_least,
                          std::vector<std::string>& found) {
  MIG_ASSIGN(rows, database.prepare(fmt::format(
                       "SELECT quote_literal(gid), database, owner, "
                       "extract(epoch FROM clock_timestamp() - prepared)::bigint "
                       "FROM pg_prepared_xacts "
                       "WHERE prepared <= clock_timestamp() - make_interval(secs => {}) "
                       "ORDER BY prepared LIMIT {}",
                       at_least.count(), kShown)));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) break;
    found.push_back(fmt::format(
        "the transaction {0}, which `{2}` prepared {3} ago in the database `{1}`, is still open, "
        "and holds up whoever follows any database of this server; say `COMMIT PREPARED {0}` or "
        "`ROLLBACK PREPARED {0}` there",
        text(rows, 0), text(rows, 1), text(rows, 2), age(rows, 3)));
  }
  return {};
}

Result<void> add_writer(const Database& database, std::chrono::seconds at_least,
                        std::vector<std::string>& found) {
  MIG_ASSIGN(
      rows, database.prepare(fmt::format(
                "SELECT pid, datname, usename, coalesce(state, 'active'), "
                "extract(epoch FROM clock_timestamp() - xact_start)::bigint "
                "FROM pg_stat_activity "
                "WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND datname IS NOT NULL "
                "AND xact_start <= clock_timestamp() - make_interval(secs => {}) "
                "ORDER BY age(backend_xid) DESC LIMIT 1",
                at_least.count())));
  MIG_ASSIGN(has_row, rows.step());
  if (!has_row) return {};
  const std::int64_t process = rows.integer(0);
  found.push_back(fmt::format(
      "process {0} of `{2}`, {3} in the database `{1}`, has had a transaction open for {4} in "
      "which "
      "it has written, and holds up whoever follows any database of this server; let it end, or "
      "say `SELECT pg_terminate_backend({0})`",
      process, text(rows, 1), text(rows, 2), text(rows, 3), age(rows, 4)));
  return {};
}

}  // namespace

Result<std::vector<std::string>> long_open_transactions(const Database& database,
                                                        std::chrono::seconds at_least) {
  std::vector<std::string> found;
  if (database.dialect() != Dialect::Postgres) return found;
  MIG_TRY(add_prepared(database, at_least, found));
  MIG_TRY(add_writer(database, at_least, found));
  return found;
}

}  // namespace mig::runtime
