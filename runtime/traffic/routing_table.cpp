#include "runtime/traffic/routing_table.hpp"

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"
#include "runtime/stores/control.hpp"

namespace mig::runtime {
namespace {

// In the order of the parameters in write_within.
constexpr std::string_view kColumns =
    "router, version, epoch, reads_share, writes_authority, fresh_until, document";

constexpr std::string_view kSqliteTable =
    "(router TEXT PRIMARY KEY, version INTEGER NOT NULL, epoch INTEGER NOT NULL, reads_share "
    "INTEGER NOT NULL, writes_authority TEXT NOT NULL, fresh_until TEXT, document TEXT NOT NULL) "
    "STRICT";
constexpr std::string_view kPostgresTable =
    "(router text PRIMARY KEY, version bigint NOT NULL, epoch bigint NOT NULL, reads_share "
    "bigint NOT NULL, writes_authority text NOT NULL, fresh_until text, document text NOT NULL)";

std::string_view spelling(plan::Side side) {
  switch (side) {
    case plan::Side::Old:
      return "old";
    case plan::Side::New:
      return "new";
    case plan::Side::None:
      return "none";
  }
  return {};
}

}  // namespace

RoutingTable::RoutingTable(Stores& stores, plan::StoreId store, std::string table, RouterName name,
                           Routes initial)
    : stores_(stores),
      store_(store),
      table_(std::move(table)),
      name_(std::move(name)),
      initial_(std::move(initial)) {}

RoutingTable open_routing_table(const plan::Plan& plan, Stores& stores) {
  const plan::Router& router = plan.at(plan.through.value());
  return {stores, router.store.value(), router.table, router_name(plan), initial_routes(plan)};
}

Result<Routes> RoutingTable::read() {
  if (!stores_.exists(store_)) return initial_;
  MIG_ASSIGN(database, stores_.reader(store_));
  return read_from(*database);
}

Result<void> RoutingTable::write(const Routes& wanted, const Authority& authority, Instant now) {
  MIG_ASSIGN(database, stores_.writer(store_));
  MIG_ASSIGN(transaction, Transaction::begin_write(*database));
  MIG_TRY(check_fence(*database, resources_of(stores_, store_), authority));
  MIG_TRY(write_within(*database, wanted, authority, now));
  return transaction.commit();
}

Result<void> RoutingTable::restore(const Authority& authority) {
  MIG_ASSIGN(database, stores_.writer(store_));
  MIG_ASSIGN(transaction, Transaction::begin_write(*database));
  MIG_TRY(check_fence(*database, resources_of(stores_, store_), authority));
  MIG_TRY(restore_within(*database, authority));
  return transaction.commit();
}

Result<void> RoutingTable::restore_within(const Database& database,
                                          const Authority& authority) const {
  MIG_ASSIGN(present, read_from(database));
  if (!is_spent(present, authority)) return {};
  MIG_TRY(remove_row(database));
  return notify(database, 0);
}

Result<void> RoutingTable::write_within(const Database& database, const Routes& wanted,
                                        const Authority& authority, Instant now) const {
  MIG_ASSIGN(present, read_from(database));
  MIG_ASSIGN(next, next_routes(present, wanted, authority, now));
  if (!next) return {};
  MIG_ASSIGN(table, quote_identifier(table_));
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  MIG_TRY(database.execute(fmt::format("CREATE TABLE IF NOT EXISTS {} {}", table,
                                       is_sqlite ? kSqliteTable : kPostgresTable)));
  MIG_ASSIGN(statement, database.prepare(fmt::format(
                            "INSERT INTO {} ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                            "ON CONFLICT(router) DO UPDATE SET version = excluded.version, "
                            "epoch = excluded.epoch, reads_share = excluded.reads_share, "
                            "writes_authority = excluded.writes_authority, "
                            "fresh_until = excluded.fresh_until, document = excluded.document",
                            table, kColumns)));
  statement.bind_text(1, name_.router);
  statement.bind(2, next->version);
  statement.bind(3, next->epoch);
  statement.bind(4, next->reads.share.parts());
  statement.bind_text(5, spelling(next->writes.authority));
  if (next->fresh_until) {
    statement.bind_text(6, print(*next->fresh_until));
  } else {
    statement.bind_null(6);
  }
  statement.bind_text(7, encode(*next, name_));
  MIG_TRY(statement.run());
  return notify(database, next->version);
}

// Whether the table that is there has the columns. Asked beforehand: a failed statement would end
// PostgreSQL's transaction.
Result<bool> RoutingTable::is_ours(const Database& database) const {
  if (database.dialect() == Dialect::Sqlite) {
    MIG_ASSIGN(table, quote_identifier(table_));
    const auto statement = database.prepare(fmt::format("SELECT {} FROM {}", kColumns, table));
    if (!statement && database.last_failure() == SqlFailure::Other) return false;
    if (!statement) return std::unexpected(statement.error());
    return true;
  }
  MIG_ASSIGN(rows, database.prepare(
                       "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
                       "WHERE c.oid = to_regclass(quote_ident(?1)) AND c.relkind IN ('r', 'p') "
                       "AND a.attnum > 0 AND NOT a.attisdropped "
                       "AND a.attname || ' ' || format_type(a.atttypid, -1) IN ('router text', "
                       "'version bigint', 'epoch bigint', 'reads_share bigint', "
                       "'writes_authority text', 'fresh_until text', 'document text')"));
  rows.bind_text(1, table_);
  MIG_ASSIGN(has_row, rows.step());
  const bool is_ours = has_row && rows.integer(0) == 7;
  rows.reset();
  return is_ours;
}

Result<Routes> RoutingTable::read_from(const Database& database) const {
  MIG_ASSIGN(is_made, has_table(database, table_));
  if (!is_made) return initial_;
  MIG_ASSIGN(table, quote_identifier(table_));
  const auto stranger = [&] {
    return fail(ErrorKind::Permanent,
                fmt::format("the table {} of {} holds no routing documents", table_,
                            database.shown_place()),
                "rename it, or name another table in the plan's router");
  };
  MIG_ASSIGN(is_known, is_ours(database));
  if (!is_known) return stranger();
  MIG_ASSIGN(statement,
             database.prepare(fmt::format("SELECT document FROM {} WHERE router = ?1", table)));
  statement.bind_text(1, name_.router);
  MIG_ASSIGN(has_row, statement.step());
  if (!has_row) return initial_;
  if (statement.storage_class(0) != StorageClass::Text) return stranger();
  auto routes = decode_routes(statement.text(0), initial_);
  if (!routes) return stranger();
  return std::move(*routes);
}

// Heard at the commit by whoever listens. A channel's name is cut where a table's is.
Result<void> RoutingTable::notify(const Database& database, std::int64_t version) const {
  if (database.dialect() == Dialect::Sqlite) return {};
  MIG_ASSIGN(statement, database.prepare("SELECT pg_notify(CAST(CAST(?1 AS text) AS name)::text, "
                                         "CAST(CAST(?2 AS bigint) AS text))"));
  statement.bind_text(1, table_);
  statement.bind(2, version);
  return statement.run();
}

Result<void> RoutingTable::remove_row(const Database& database) const {
  MIG_ASSIGN(table, quote_identifier(table_));
  MIG_ASSIGN(remove, database.prepare(fmt::format("DELETE FROM {} WHERE router = ?1", table)));
  remove.bind_text(1, name_.router);
  MIG_TRY(remove.run());
  MIG_ASSIGN(left, database.prepare(fmt::format("SELECT count(*) FROM {}", table)));
  MIG_TRY(left.step());
  const bool is_empty = left.integer(0) == 0;
  left.reset();
  if (is_empty) return database.execute(fmt::format("DROP TABLE {}", table));
  return {};
}

}  // namespace mig::runtime
