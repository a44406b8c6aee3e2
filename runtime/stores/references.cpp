#include "runtime/stores/references.hpp"

#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kAtOnce = "SET CONSTRAINTS ALL IMMEDIATE";

// The server tells by refusing, and a refusal is taken back to the savepoint.
Result<bool> are_refused(const Database& database) {
  MIG_TRY(database.execute("SAVEPOINT mig_references"));
  auto asked = database.execute(kAtOnce);
  const bool is_broken = !asked && database.last_failure() == SqlFailure::Constraint;
  if (!asked && !is_broken) return std::unexpected(std::move(asked).error());
  MIG_TRY(database.execute("ROLLBACK TO SAVEPOINT mig_references"));
  MIG_TRY(database.execute("RELEASE SAVEPOINT mig_references"));
  return is_broken;
}

}  // namespace

Result<void> refer_later(const Database& database) {
  return database.execute(database.dialect() == Dialect::Sqlite ? "PRAGMA defer_foreign_keys = ON"
                                                                : "SET CONSTRAINTS ALL DEFERRED");
}

Result<void> refer_at_once(const Database& database) {
  MIG_ASSIGN(is_broken, has_broken_references(database));
  // Switched off while something is amiss, SQLite would forget that it is.
  if (is_broken) return {};
  return database.execute(database.dialect() == Dialect::Sqlite ? "PRAGMA defer_foreign_keys = OFF"
                                                                : kAtOnce);
}

Result<bool> has_broken_references(const Database& database) {
  if (database.dialect() == Dialect::Sqlite) return sqlite_has_broken_references(database);
  return are_refused(database);
}

Result<void> refer_later(Effect& effect) {
  return effect.redis() != nullptr ? Result<void>() : refer_later(effect.database());
}

Result<void> refer_at_once(Effect& effect) {
  return effect.redis() != nullptr ? Result<void>() : refer_at_once(effect.database());
}

Result<bool> has_broken_references(Effect& effect) {
  return effect.redis() != nullptr ? Result<bool>(false) : has_broken_references(effect.database());
}

}  // namespace mig::runtime
