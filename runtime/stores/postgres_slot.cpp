#include "runtime/stores/postgres_slot.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/stores/catalogue.hpp"

namespace mig::runtime {
namespace {

// How long making a slot may wait for older transactions, and the server for a reader to end.
constexpr std::string_view kLongestWait = "5s";

constexpr std::string_view kName =
    "SELECT 'mig_ctl_slot_' || oid || '_' || "
    "left(regexp_replace(lower(?1), '[^a-z0-9_]', '_', 'g'), 24) || '_' || left(md5(?1), 8) "
    "FROM pg_database WHERE datname = current_database()";

constexpr std::string_view kState = R"sql(
SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint, (pg_current_wal_flush_lsn() - '0/0')::bigint,
       coalesce((s.confirmed_flush_lsn - '0/0')::bigint, 0), s.slot_name IS NOT NULL,
       coalesce(s.wal_status = 'lost' OR s.restart_lsn IS NULL, false),
       coalesce(s.plugin <> 'pgoutput' OR s.database <> current_database(), false),
       coalesce(s.active_pid, 0)::bigint,
       coalesce((SELECT server.system_identifier || '.' ||
                        left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || '.' || p.oid ||
                        '.' || p.xmin || '.' ||
                        (SELECT string_agg(r.oid::text, '+' ORDER BY r.oid)
                         FROM pg_publication_rel r WHERE r.prpubid = p.oid)
                 FROM pg_publication p, pg_control_system() server
                 WHERE p.pubname = ?2 AND p.pubinsert AND p.pubupdate AND p.pubdelete
                       AND p.pubtruncate), '')
FROM (SELECT 1) one LEFT JOIN pg_replication_slots s ON s.slot_name = ?1)sql";

// What is kept, and how much more may be: nothing more of a slot that the server is about to leave
// behind, and anything where it has no limit.
constexpr std::string_view kKeptLog = R"sql(
SELECT (pg_current_wal_insert_lsn() - restart_lsn)::bigint,
       CASE WHEN (SELECT setting::bigint < 0 FROM pg_settings
                  WHERE name = 'max_slot_wal_keep_size') THEN NULL
            WHEN wal_status = 'unreserved' THEN 0::bigint
            ELSE greatest(safe_wal_size, 0)::bigint END
FROM pg_replication_slots
WHERE slot_name = ?1 AND restart_lsn IS NOT NULL AND wal_status <> 'lost')sql";

constexpr std::string_view kServer = R"sql(
SELECT current_setting('wal_level') = 'logical', pg_is_in_recovery(),
       (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user),
       has_database_privilege(current_database(), 'CREATE'),
       (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size'),
       (SELECT count(*) FROM pg_replication_slots WHERE slot_name <> ?1) + ?2::bigint
         < current_setting('max_replication_slots')::bigint,
       (SELECT count(*) FROM pg_stat_activity
        WHERE backend_type = 'walsender' AND application_name <> 'mig') + ?2::bigint
         < current_setting('max_wal_senders')::bigint,
       quote_ident(current_user), quote_ident(current_database()),
       current_setting('wal_level'), current_setting('max_replication_slots'),
       current_setting('max_wal_senders'))sql";

// One row for each table that holds rows itself: its name, what it tells of a row that goes, the
// columns of that, and what would tell enough.
constexpr std::string_view kIdentities = R"sql(
WITH watched AS (SELECT oid, relkind FROM pg_class WHERE oid = to_regclass(quote_ident(?1))),
     leaf AS (
       SELECT c.oid, quote_ident(c.relname) AS name, c.relreplident AS kind, c.relpersistence,
              c.relowner, c.relkind
       FROM pg_class c
       WHERE c.oid IN (SELECT oid FROM watched WHERE relkind <> 'p')
          OR c.oid IN (SELECT relid FROM watched, pg_partition_tree(watched.oid::regclass)
                       WHERE relkind = 'p' AND isleaf)),
     shape AS (
       SELECT i.indrelid, i.indexrelid, i.indisprimary, i.indisreplident,
              i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
                AND i.indisvalid AND bool_and(a.attnotnull) AS tells,
              array_agg(a.attname::text) AS columns
       FROM leaf JOIN pg_index i ON i.indrelid = leaf.oid
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
       GROUP BY i.indexrelid)
SELECT name, kind::text, relpersistence::text,
       kind = 'f' OR EXISTS (SELECT FROM shape WHERE indrelid = leaf.oid AND columns @> ?2::text[]
                               AND CASE kind WHEN 'd' THEN indisprimary
                                             WHEN 'i' THEN indisreplident ELSE false END),
       CASE WHEN EXISTS (SELECT FROM shape WHERE indrelid = leaf.oid AND indisprimary
                           AND columns @> ?2::text[]) THEN 'DEFAULT'
            ELSE coalesce((SELECT 'USING INDEX ' || quote_ident(relname)
                           FROM shape JOIN pg_class ON pg_class.oid = indexrelid
                           WHERE indrelid = leaf.oid AND tells AND columns @> ?2::text[]
                           ORDER BY relname LIMIT 1), 'FULL') END,
       pg_has_role(relowner, 'USAGE'), relkind::text
FROM leaf ORDER BY name)sql";

std::string array_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += text.empty() ? "{\"" : ",\"";
    for (const char letter : name) {
      if (letter == '"' || letter == '\\') text += '\\';
      text += letter;
    }
    text += '"';
  }
  return text + "}";
}

std::unexpected<Error> refuse(std::string message, std::string help) {
  return fail(ErrorKind::Permanent, std::move(message), std::move(help));
}

Result<void> check_table(const Database& database, const WatchedTable& watched) {
  MIG_ASSIGN(rows, database.prepare(kIdentities));
  rows.bind_text(1, watched.table);
  rows.bind_text(2, array_of(watched.key));
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) return {};
    const std::string name(rows.text(0));
    if (rows.text(6) != "r") {
      return refuse(fmt::format("`{}` is no table, so no slot tells of its rows", name),
                    "let the dataset name the table behind it");
    }
    if (rows.integer(5) == 0) {
      return refuse(fmt::format("only the owner of `{}` may publish its changes", name),
                    fmt::format("let mig connect as that role, or `GRANT owner_of_{} TO mig_role`",
                                watched.table));
    }
    if (rows.text(2) != "p") {
      return refuse(
          fmt::format("`{}` is unlogged, so no slot tells of its rows", name),
          fmt::format("run `ALTER TABLE {} SET LOGGED`, or leave out `changes = slot`", name));
    }
    if (rows.integer(3) != 0) continue;
    const std::string key = fmt::format("`{}`", fmt::join(watched.key, "`, `"));
    return refuse(rows.text(1) == "n"
                      ? fmt::format("`{}` has no replica identity, so a slot does not tell which "
                                    "of its rows go",
                                    name)
                      : fmt::format("the key {} of `{}` is not in its replica identity, so a slot "
                                    "does not tell which of its rows go",
                                    key, name),
                  fmt::format("run `ALTER TABLE {} REPLICA IDENTITY {}`", name, rows.text(4)));
  }
}

}  // namespace

std::string PostgresSlot::publication_of(const std::string& table) {
  return control_name("mig_ctl_publication_", table);
}

Result<PostgresSlot> PostgresSlot::of(const Database& database, const Changelog& log) {
  PostgresSlot slot;
  slot.watched_ = log.watched();
  slot.key_types_ = log.key_types();
  const std::string& table = slot.watched_.front().table;
  MIG_ASSIGN(name, first_text(database, kName, table));
  slot.name_ = name;
  slot.publication_ = publication_of(table);
  return slot;
}

Result<void> PostgresSlot::check(const Database& database, WalLimit limit,
                                 std::int64_t beside) const {
  MIG_ASSIGN(rows, database.prepare(kServer));
  rows.bind_text(1, name_);
  rows.bind(2, beside);
  MIG_TRY(rows.step());
  const auto holds = [&](int column) { return rows.integer(column) != 0; };
  const auto text = [&](int column) { return std::string(rows.text(column)); };
  const std::string& place = database.shown_place();
  if (holds(1)) {
    return refuse(fmt::format("`{}` is a standby, and gives no slot", place),
                  "connect to the primary");
  }
  if (!holds(0)) {
    return refuse(
        fmt::format("`{}` does not log what a slot tells: its `wal_level` is `{}`", place, text(9)),
        "run `ALTER SYSTEM SET wal_level = logical` and restart the server, or leave out "
        "`changes = slot`");
  }
  if (!holds(2)) {
    return refuse(fmt::format("`{}` lets the role {} read no slot", place, text(7)),
                  fmt::format("have a superuser run `ALTER ROLE {} REPLICATION`", text(7)));
  }
  if (!holds(3)) {
    return refuse(
        fmt::format("`{}` lets the role {} make no publication", place, text(7)),
        fmt::format("have its owner run `GRANT CREATE ON DATABASE {} TO {}`", text(8), text(7)));
  }
  if (!holds(5)) {
    return refuse(fmt::format("`{}` has no replication slot left: `max_replication_slots` is {}",
                              place, text(10)),
                  "drop one that nobody reads, or raise it and restart the server");
  }
  if (!holds(6)) {
    return refuse(
        fmt::format("`{}` has nobody left who could send its log: `max_wal_senders` is {}", place,
                    text(11)),
        "raise it and restart the server");
  }
  if (rows.integer(4) < 0 && limit == WalLimit::Needed) {
    return refuse(
        fmt::format("`{}` would keep its log for the slot without a limit, until its disk "
                    "is full: `max_slot_wal_keep_size` is -1",
                    place),
        "give the setting a size, or say `accept unlimited_wal \"why\"` in the plan");
  }
  rows.reset();
  return check_tables(database);
}

Result<void> PostgresSlot::check_tables(const Database& database) const {
  for (const WatchedTable& watched : watched_)
    MIG_TRY(check_table(database, watched));
  return {};
}

Result<SlotState> PostgresSlot::state(const Database& database) const {
  MIG_ASSIGN(rows, database.prepare(kState));
  rows.bind_text(1, name_);
  rows.bind_text(2, publication_);
  MIG_TRY(rows.step());
  SlotState state{.written = rows.integer(0),
                  .flushed = rows.integer(1),
                  .confirmed = rows.integer(2),
                  .exists = rows.integer(3) != 0,
                  .is_lost = rows.integer(4) != 0,
                  .is_foreign = rows.integer(5) != 0,
                  .reader = rows.integer(6),
                  .history = std::string(rows.text(7))};
  rows.reset();
  return state;
}

Result<std::optional<KeptLog>> PostgresSlot::kept_log(const Database& database) const {
  MIG_ASSIGN(rows, database.prepare(kKeptLog));
  rows.bind_text(1, name_);
  MIG_ASSIGN(exists, rows.step());
  if (!exists) return std::optional<KeptLog>();
  KeptLog kept{.used = rows.integer(0), .limit = {}};
  const bool has_limit = rows.storage_class(1) != StorageClass::Null;
  if (has_limit) kept.limit = kept.used + rows.integer(1);
  rows.reset();
  return std::optional(kept);
}

Result<void> PostgresSlot::publish(const Database& database) const {
  MIG_ASSIGN(now, state(database));
  if (!now.history.empty()) return {};
  // An update of a table that is published and has no identity fails for everybody.
  MIG_TRY(check_tables(database));
  MIG_TRY(unpublish(database));
  MIG_ASSIGN(name, quote_identifier(publication_));
  std::string tables;
  for (const WatchedTable& watched : watched_) {
    MIG_ASSIGN(table, quote_identifier(watched.table));
    tables += (tables.empty() ? "" : ", ") + table;
  }
  return database.execute(
      fmt::format("CREATE PUBLICATION {} FOR TABLE {} WITH "
                  "(publish = 'insert, update, delete, truncate', "
                  "publish_via_partition_root = true)",
                  name, tables));
}

Result<void> PostgresSlot::unpublish(const Database& database) const {
  MIG_ASSIGN(name, quote_identifier(publication_));
  return database.execute("DROP PUBLICATION IF EXISTS " + name);
}

Result<std::int64_t> PostgresSlot::create(const Database& database) const {
  MIG_ASSIGN(before, state(database));
  if (before.exists && !before.is_foreign) return before.confirmed;
  if (before.is_foreign) {
    return refuse(fmt::format("the slot `{}` in `{}` has a name of mig's, and is not", name_,
                              database.shown_place()),
                  "drop it, or ask whose it is");
  }
  MIG_TRY(database.execute(fmt::format("SET statement_timeout = '{}'", kLongestWait)));
  const auto made = first_text(
      database, "SELECT lsn::text FROM pg_create_logical_replication_slot(?1, 'pgoutput')", name_);
  const bool is_late = !made && database.last_failure() == SqlFailure::Interrupted;
  if (!database.is_lost()) MIG_TRY(database.execute("SET statement_timeout = 0"));
  if (is_late) {
    return fail(ErrorKind::Transient,
                fmt::format("the slot `{}` waits for transactions that began before it", name_),
                "`mig why` names the oldest; end it, or wait");
  }
  if (!made) return std::unexpected(made.error());
  MIG_ASSIGN(after, state(database));
  return after.confirmed;
}

Result<void> PostgresSlot::wait_for_writers(const Database& database) const {
  for (const WatchedTable& watched : watched_) {
    MIG_ASSIGN(table, quote_identifier(watched.table));
    MIG_TRY(database.execute(fmt::format("LOCK TABLE {} IN SHARE MODE", table)));
  }
  return {};
}

Result<void> PostgresSlot::end_reader(const Database& database) const {
  MIG_ASSIGN(rows, database.prepare(
                       "SELECT s.active_pid::bigint, a.application_name = 'mig', "
                       "coalesce(a.usename::text, '') "
                       "FROM pg_replication_slots s LEFT JOIN pg_stat_activity a "
                       "ON a.pid = s.active_pid WHERE s.slot_name = ?1 AND s.active_pid > 0"));
  rows.bind_text(1, name_);
  MIG_ASSIGN(is_read, rows.step());
  if (!is_read) return {};
  const std::int64_t reader = rows.integer(0);
  const bool is_ours = rows.integer(1) != 0;
  const std::string who(rows.text(2));
  rows.reset();
  if (!is_ours) {
    return refuse(
        fmt::format("the slot `{}` is read by the process {} of the role `{}`", name_, reader, who),
        "end what reads it; only mig may");
  }
  MIG_ASSIGN(end, database.prepare("SELECT pg_terminate_backend(?1::int, 5000)"));
  end.bind(1, reader);
  return end.run();
}

Result<void> PostgresSlot::drop(const Database& database) const {
  MIG_TRY(end_reader(database));
  return drop_slot(database, name_);
}

Result<void> drop_slot(const Database& database, const std::string& name) {
  MIG_ASSIGN(end, database.prepare(
                      "SELECT pg_terminate_backend(s.active_pid, 5000) FROM pg_replication_slots s "
                      "JOIN pg_stat_activity a ON a.pid = s.active_pid "
                      "WHERE s.slot_name = ?1 AND a.application_name = 'mig'"));
  end.bind_text(1, name);
  MIG_TRY(end.run());
  MIG_ASSIGN(rows, database.prepare("SELECT pg_drop_replication_slot(slot_name) "
                                    "FROM pg_replication_slots WHERE slot_name = ?1"));
  rows.bind_text(1, name);
  return rows.run();
}

Result<std::string> kept_for_slots(const Database& database) {
  return first_text(database,
                    "SELECT CASE WHEN setting::bigint < 0 THEN '' ELSE "
                    "pg_size_pretty(setting::bigint * 1024 * 1024) END "
                    "FROM pg_settings WHERE name = ?1",
                    "max_slot_wal_keep_size");
}

}  // namespace mig::runtime
