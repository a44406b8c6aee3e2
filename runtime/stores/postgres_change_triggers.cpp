#include "runtime/stores/postgres_change_triggers.hpp"

#include <cassert>

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"

namespace mig::runtime {
namespace {

struct Names {
  std::string table;     // quoted, as all of them
  std::string row;       // the function, and the trigger of every row
  std::string truncate;  // the trigger of TRUNCATE
};

Result<Names> names_of(const WatchedTable& watched) {
  MIG_ASSIGN(table, quote_identifier(watched.table));
  MIG_ASSIGN(row, quote_identifier(postgres_log_trigger(watched.table)));
  MIG_ASSIGN(truncate, quote_identifier(control_name("mig_ctl_log_truncate_", watched.table)));
  return Names{table, row, truncate};
}

// Quoted: where what we make is made.
Result<std::string> first_schema(const Database& database) {
  MIG_ASSIGN(rows, database.prepare("SELECT quote_ident(current_schema())"));
  MIG_TRY(rows.step());
  std::string schema(rows.text(0));
  rows.reset();
  return schema;
}

// `integer`, as the column is declared.
Result<std::string> declared_type(const Database& database, const std::string& table,
                                  const std::string& column) {
  MIG_ASSIGN(rows, database.prepare("SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
                                    "WHERE attrelid = to_regclass(quote_ident(?1)) "
                                    "AND attname = ?2 AND NOT attisdropped"));
  rows.bind_text(1, table);
  rows.bind_text(2, column);
  MIG_ASSIGN(has_row, rows.step());
  std::string type = has_row ? std::string(rows.text(0)) : std::string();
  rows.reset();
  if (!type.empty()) return type;
  return fail(ErrorKind::Permanent, fmt::format("`{}` has no column `{}`", table, column),
              "compare the plan with the store by `mig preview`");
}

}  // namespace

std::string postgres_log_trigger(std::string_view table) {
  return control_name("mig_ctl_log_", table);
}

// The transaction comes first: entries are read by it, since numbers are handed out in another
// order than commits happen in.
Result<void> postgres_make_log(const Database& database, const std::string& log,
                               const WatchedTable& first) {
  std::string columns;
  for (std::size_t i = 0; i < first.key.size(); ++i) {
    MIG_ASSIGN(type, declared_type(database, first.table, first.key[i]));
    columns += fmt::format("k{} {}, ", i, type);
  }
  return database.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {}(xid xid8 NOT NULL DEFAULT pg_current_xact_id(), "
                  "seq bigint GENERATED ALWAYS AS IDENTITY, {}PRIMARY KEY(xid, seq))",
                  log, columns));
}

Result<void> postgres_watch(const Database& database, const std::string& log,
                            const WatchedTable& watched) {
  MIG_ASSIGN(is_there, is_watched(database, watched));
  if (is_there) return {};
  MIG_ASSIGN(names, names_of(watched));
  MIG_ASSIGN(schema, first_schema(database));
  std::string old_key;
  std::string new_key;
  std::string is_moved;
  for (const std::string& column : watched.key) {
    MIG_ASSIGN(name, quote_identifier(column));
    const bool is_first = old_key.empty();
    old_key += fmt::format("{}OLD.{}", is_first ? "" : ", ", name);
    new_key += fmt::format("{}NEW.{}", is_first ? "" : ", ", name);
    is_moved += fmt::format("{0}OLD.{1} IS DISTINCT FROM NEW.{1}", is_first ? "" : " OR ", name);
  }
  const auto logs = [&](const std::string& key) {
    return fmt::format("INSERT INTO {}.{}({}) VALUES({});", schema, log,
                       names_of_key(watched.key.size()), key);
  };
  // A changed key is two rows: the one that was and the one that is.
  return database.execute(fmt::format(
      "CREATE FUNCTION {row}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
      "SET search_path = pg_catalog, pg_temp AS $mig$ BEGIN "
      "IF TG_OP = 'TRUNCATE' THEN RAISE EXCEPTION USING "
      "ERRCODE = 'object_not_in_prerequisite_state', "
      "MESSAGE = 'mig follows what is written to ' || TG_TABLE_NAME || ', and TRUNCATE tells no "
      "row: DELETE instead'; END IF; "
      "IF coalesce(current_setting('mig.origin', true), '') = 'mig' THEN RETURN NULL; END IF; "
      "IF TG_OP = 'DELETE' THEN {log_old} RETURN NULL; END IF; "
      "IF TG_OP = 'UPDATE' THEN IF {is_moved} THEN {log_old} END IF; END IF; "
      "{log_new} RETURN NULL; END $mig$; "
      "CREATE TRIGGER {row} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
      "EXECUTE FUNCTION {row}(); "
      "CREATE TRIGGER {truncate} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
      "EXECUTE FUNCTION {row}(); "
      "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {row}; "
      "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {truncate}",
      fmt::arg("row", names.row), fmt::arg("log_old", logs(old_key)),
      fmt::arg("is_moved", is_moved), fmt::arg("log_new", logs(new_key)),
      fmt::arg("table", names.table), fmt::arg("truncate", names.truncate)));
}

Result<void> postgres_check_watch(const Database& database, const WatchedTable& watched) {
  MIG_ASSIGN(state, first_text(database,
                               "SELECT CASE WHEN relkind NOT IN ('r', 'p') THEN 'kind' "
                               "WHEN NOT pg_has_role(relowner, 'USAGE') THEN 'owner' "
                               "WHEN NOT has_schema_privilege(current_schema(), 'CREATE') "
                               "THEN 'schema' ELSE '' END "
                               "FROM pg_class WHERE oid = to_regclass(quote_ident(?1))",
                               watched.table));
  if (state == "kind") {
    return fail(ErrorKind::Permanent,
                fmt::format("`{}` is no table, so its rows have no triggers", watched.table),
                "let the dataset name the table behind it");
  }
  if (state == "owner") {
    return fail(ErrorKind::Permanent,
                fmt::format("only the owner of `{}` may install the triggers that follow it",
                            watched.table),
                fmt::format("let mig connect as that role, or `GRANT owner_of_{} TO mig_role`",
                            watched.table));
  }
  if (state == "schema") {
    return fail(ErrorKind::Permanent,
                fmt::format("mig may not create its changelog of `{}`", watched.table),
                "`GRANT CREATE ON SCHEMA` the first one of its search path to mig's role");
  }
  return {};
}

Result<void> postgres_unwatch(const Database& database, const WatchedTable& watched) {
  MIG_ASSIGN(names, names_of(watched));
  MIG_ASSIGN(exists, has_table(database, watched.table));
  if (exists) {
    MIG_TRY(database.execute(
        fmt::format("DROP TRIGGER IF EXISTS {0} ON {2}; DROP TRIGGER IF EXISTS {1} ON {2}",
                    names.row, names.truncate, names.table)));
  }
  return database.execute(fmt::format("DROP FUNCTION IF EXISTS {}()", names.row));
}

}  // namespace mig::runtime
