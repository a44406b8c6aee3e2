#include "runtime/stores/leftovers.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"
#include "runtime/stores/postgres_slot.hpp"

namespace mig::runtime {
namespace {

Result<std::int64_t> count(const Database& database, const std::string& from) {
  MIG_ASSIGN(rows, database.prepare("SELECT count(*) FROM " + from));
  MIG_ASSIGN(has_row, rows.step());
  return has_row ? rows.integer(0) : 0;
}

// The kind of a thing, its name, and the tables that it is about, in the order of their removal.
constexpr std::string_view kSqliteThings =
    "SELECT type, name, tbl_name FROM sqlite_schema WHERE type IN ('trigger', 'table') "
    "AND name LIKE 'mig\\_ctl\\_%' ESCAPE '\\' ORDER BY type DESC, name";
// A partition's triggers go with those of the whole. What keeps the server's log goes first.
constexpr std::string_view kPostgresThings = R"sql(
SELECT kind, name, tables FROM (
  SELECT -1 AS turn, 'slot' AS kind, slot_name::text AS name,
         coalesce(pg_size_pretty(pg_current_wal_lsn() - restart_lsn), 'no') AS tables
  FROM pg_replication_slots
  WHERE database = current_database() AND slot_name LIKE 'mig\_ctl\_%' AND NOT pg_is_in_recovery()
  UNION ALL
  SELECT 0, 'publication', p.pubname::text,
         coalesce((SELECT string_agg(tablename::text, ', ' ORDER BY tablename)
                   FROM pg_publication_tables t WHERE t.pubname = p.pubname), '')
  FROM pg_publication p WHERE p.pubname LIKE 'mig\_ctl\_%'
  UNION ALL
  SELECT 1, 'trigger' AS kind, t.tgname::text AS name, c.relname::text AS tables
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgname LIKE 'mig\_ctl\_%'
        AND pg_table_is_visible(c.oid)
  UNION ALL
  SELECT 2, 'function', p.proname::text,
         coalesce((SELECT string_agg(DISTINCT c.relname::text, ', ')
                   FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                   WHERE t.tgfoid = p.oid), '')
  FROM pg_proc p
  WHERE p.proname LIKE 'mig\_ctl\_%' AND p.pronargs = 0 AND pg_function_is_visible(p.oid)
  UNION ALL
  SELECT 3, 'table', c.relname::text, c.relname::text FROM pg_class c
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.relname LIKE 'mig\_ctl\_%'
        AND pg_table_is_visible(c.oid)) things
ORDER BY turn, name, tables)sql";

// Tables of exactly the columns that a router of the kind `table` makes.
constexpr std::string_view kSqliteRoutes =
    "SELECT name FROM sqlite_schema AS s WHERE type = 'table' AND "
    "(SELECT group_concat(name) FROM pragma_table_info(s.name)) = "
    "'router,version,epoch,reads_share,writes_authority,fresh_until,document' ORDER BY name";
constexpr std::string_view kPostgresRoutes = R"sql(
SELECT c.relname FROM pg_class c
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND pg_table_is_visible(c.oid)
      AND (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, -1), ','
                             ORDER BY a.attnum)
           FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) =
          'router text,version bigint,epoch bigint,reads_share bigint,writes_authority text,'
          'fresh_until text,document text'
ORDER BY c.relname)sql";

std::string about_trigger(std::string_view name, std::string_view table) {
  for (const std::string_view prefix : {"mig_ctl_guard_truncate_", "mig_ctl_log_truncate_"}) {
    if (name == control_name(prefix, table)) return fmt::format("refuses TRUNCATE of `{}`", table);
  }
  if (name.starts_with("mig_ctl_guard_")) return fmt::format("refuses writes to `{}`", table);
  if (name.starts_with("mig_ctl_log_"))
    return fmt::format("notes which rows of `{}` change", table);
  if (name.starts_with("mig_ctl_carry_")) return "carries over what is noted, to the other side";
  return fmt::format("stands on `{}`", table);
}

Result<std::string> about_table(const Database& database, const std::string& name) {
  MIG_ASSIGN(quoted, quote_identifier(name));
  MIG_ASSIGN(rows, count(database, quoted));
  if (name == "mig_ctl_meta") return std::string("says which store this is");
  if (name == "mig_ctl_fence") return fmt::format("says which runs may write here: {}", rows);
  if (name == "mig_ctl_applied") return fmt::format("says how far steps came: {}", rows);
  if (name == "mig_ctl_origin") return std::string("tells mig's own writes from others");
  if (name == "mig_ctl_run")
    return fmt::format("keeps the names of runs that ended here: {}", rows);
  if (name == "mig_ctl_block") return fmt::format("keeps fingerprints of copied pages: {}", rows);
  if (name == "mig_ctl_reject") {
    MIG_ASSIGN(open, count(database, quoted + " WHERE closed IS NULL"));
    return fmt::format("keeps dead letters: {}, {} of them open", rows, open);
  }
  constexpr std::string_view kLog = "mig_ctl_log_";
  if (name.starts_with(kLog))
    return fmt::format("is the changelog of `{}`: {} entries", name.substr(kLog.size()), rows);
  constexpr std::string_view kEvicted = "mig_ctl_evicted_";
  if (name.starts_with(kEvicted)) {
    return fmt::format("notes which rows of `{}` a write may push out: {}",
                       name.substr(kEvicted.size()), rows);
  }
  constexpr std::string_view kLineage = "mig_ctl_lineage_";
  if (name.starts_with(kLineage)) {
    return fmt::format("says which old rows stand behind rows of `{}`: {} entries",
                       name.substr(kLineage.size()), rows);
  }
  return fmt::format("has a name of mig's: {} rows", rows);
}

std::string about_function(std::string_view tables) {
  if (tables.empty()) return "is run by no trigger any more";
  return fmt::format("is what triggers on `{}` run", tables);
}

Result<void> find_named(const Database& database, std::vector<Leftover>& things) {
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  MIG_ASSIGN(rows, database.prepare(is_sqlite ? kSqliteThings : kPostgresThings));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return {};
    Leftover found{.type = std::string(rows.text(0)), .name = std::string(rows.text(1))};
    if (found.type == "trigger") {
      found.table = rows.text(2);
      found.about = about_trigger(found.name, found.table);
    } else if (found.type == "function") {
      found.about = about_function(rows.text(2));
    } else if (found.type == "slot") {
      found.about =
          fmt::format("makes the server keep its log for a follower: {} now", rows.text(2));
    } else if (found.type == "publication") {
      found.about = fmt::format("says that the slot tells of `{}`", rows.text(2));
    } else {
      MIG_ASSIGN(about, about_table(database, found.name));
      found.about = about;
    }
    things.push_back(std::move(found));
  }
}

Result<Leftover> describe_routes(const Database& database, const std::string& name) {
  Leftover found{.type = "table", .name = name, .is_route = true};
  MIG_ASSIGN(quoted, quote_identifier(name));
  MIG_ASSIGN(routes, database.prepare(fmt::format(
                         "SELECT CAST(router AS TEXT), CAST(writes_authority AS TEXT), reads_share "
                         "FROM {} ORDER BY router",
                         quoted)));
  found.about = "tells applications where to go";
  while (true) {
    MIG_ASSIGN(has_row, routes.step());
    if (!has_row) return found;
    const auto text = [&](int column) {
      return routes.storage_class(column) == StorageClass::Text ? std::string(routes.text(column))
                                                                : std::string("nothing");
    };
    const auto share = plan::Ratio::from_parts(routes.integer(2));
    found.about += fmt::format("; `{}`: {} of the reads to new, writes to {}", text(0),
                               share ? plan::print(*share) : "an unknown share", text(1));
    const bool is_all_old = text(1) == "old" && share && share->parts() == 0;
    found.leads_to_new = found.leads_to_new || !is_all_old;
  }
}

Result<void> find_routes(const Database& database, std::vector<Leftover>& things) {
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  MIG_ASSIGN(rows, database.prepare(is_sqlite ? kSqliteRoutes : kPostgresRoutes));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return {};
    MIG_ASSIGN(found, describe_routes(database, std::string(rows.text(0))));
    things.push_back(std::move(found));
  }
}

}  // namespace

Result<Leftovers> leftovers(const Database& database) {
  Leftovers found;
  MIG_TRY(find_named(database, found.things));
  MIG_TRY(find_routes(database, found.things));
  const auto has = [&](std::string_view name) {
    return std::ranges::find(found.things, name, &Leftover::name) != found.things.end();
  };
  if (has("mig_ctl_fence")) {
    MIG_ASSIGN(fences, read_fences(database));
    found.fences = std::move(fences);
  }
  if (has("mig_ctl_run")) {
    MIG_ASSIGN(finished, finished_runs(database));
    found.finished = std::move(finished);
  }
  return found;
}

Result<void> remove_leftovers(const Database& database, const std::vector<Leftover>& things) {
  // A trigger that outlives the table it writes to refuses every write of the application.
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  for (const std::string_view type : {"slot", "publication", "trigger", "function", "table"}) {
    for (const Leftover& thing : things) {
      if (thing.type != type) continue;
      if (type == "slot") {
        MIG_TRY(drop_slot(database, thing.name));
        continue;
      }
      MIG_ASSIGN(name, quote_identifier(thing.name));
      std::string sql = fmt::format("DROP {} IF EXISTS {}", thing.type, name);
      if (type == "function") sql += "()";
      if (type == "trigger" && !is_sqlite) {
        MIG_ASSIGN(table, quote_identifier(thing.table));
        sql += " ON " + table;
      }
      MIG_TRY(database.execute(sql));
    }
  }
  return {};
}

}  // namespace mig::runtime
