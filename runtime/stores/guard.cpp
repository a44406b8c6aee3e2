#include "runtime/stores/guard.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"
#include "runtime/stores/sql_text.hpp"

namespace mig::runtime {
namespace {

constexpr std::array<std::string_view, 3> kChanges = {"insert", "update", "delete"};
constexpr std::string_view kPostgresName = "mig_ctl_guard_";
constexpr std::string_view kPostgresTruncate = "mig_ctl_guard_truncate_";

std::string trigger_name(std::string_view change, std::string_view table) {
  return fmt::format("mig_ctl_guard_{}_{}", change, table);
}

// The trigger's function belongs to the table's guard alone, and goes with it.
Result<void> install_in_postgres(const Database& database, const std::string& table,
                                 const std::string& quoted, const std::string& message) {
  MIG_ASSIGN(name, quote_identifier(control_name(kPostgresName, table)));
  MIG_ASSIGN(whole, quote_identifier(control_name(kPostgresTruncate, table)));
  return database.execute(fmt::format(
      "CREATE FUNCTION {0}() RETURNS trigger LANGUAGE plpgsql AS $mig$ BEGIN "
      "IF coalesce(current_setting('mig.origin', true), '') <> '' THEN "
      "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF; "
      "RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = {3}; "
      "END $mig$; "
      "CREATE TRIGGER {0} BEFORE INSERT OR UPDATE OR DELETE ON {2} FOR EACH ROW "
      "EXECUTE FUNCTION {0}(); "
      "CREATE TRIGGER {1} BEFORE TRUNCATE ON {2} FOR EACH STATEMENT EXECUTE FUNCTION {0}(); "
      "ALTER TABLE {2} ENABLE ALWAYS TRIGGER {0}; ALTER TABLE {2} ENABLE ALWAYS TRIGGER {1}",
      name, whole, quoted, quote_text(message)));
}

Result<void> remove_from_postgres(const Database& database, const std::string& table,
                                  const std::string& quoted) {
  MIG_ASSIGN(exists, has_table(database, table));
  MIG_ASSIGN(name, quote_identifier(control_name(kPostgresName, table)));
  MIG_ASSIGN(whole, quote_identifier(control_name(kPostgresTruncate, table)));
  if (exists) {
    MIG_TRY(database.execute(
        fmt::format("DROP TRIGGER IF EXISTS {0} ON {2}; DROP TRIGGER IF EXISTS {1} ON {2}", name,
                    whole, quoted)));
  }
  return database.execute(fmt::format("DROP FUNCTION IF EXISTS {}()", name));
}

}  // namespace

Result<void> install_guard(const Database& database, const std::string& table,
                           const std::string& message) {
  MIG_TRY(remove_guard(database, table));
  MIG_ASSIGN(quoted, quote_identifier(table));
  if (database.dialect() == Dialect::Postgres)
    return install_in_postgres(database, table, quoted, message);
  for (const std::string_view change : kChanges) {
    MIG_ASSIGN(name, quote_identifier(trigger_name(change, table)));
    MIG_TRY(database.execute(fmt::format(
        "CREATE TRIGGER {} BEFORE {} ON {} WHEN NOT EXISTS (SELECT 1 FROM mig_ctl_origin) "
        "BEGIN SELECT RAISE(ABORT, {}); END",
        name, change, quoted, quote_text(message))));
  }
  return {};
}

Result<void> remove_guard(const Database& database, const std::string& table) {
  if (database.dialect() == Dialect::Postgres) {
    MIG_ASSIGN(quoted, quote_identifier(table));
    return remove_from_postgres(database, table, quoted);
  }
  for (const std::string_view change : kChanges) {
    MIG_ASSIGN(name, quote_identifier(trigger_name(change, table)));
    MIG_TRY(database.execute("DROP TRIGGER IF EXISTS " + name));
  }
  return {};
}

Result<bool> is_guarded(const Database& database, const std::string& table) {
  return has_trigger(database, database.dialect() == Dialect::Sqlite
                                   ? trigger_name(kChanges.front(), table)
                                   : control_name(kPostgresName, table));
}

}  // namespace mig::runtime
