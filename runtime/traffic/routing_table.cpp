#include "runtime/traffic/routing_table.hpp"

#include <fmt/format.h>

#include "runtime/stores/control.hpp"

namespace mig::runtime {
namespace {

// In the order of the parameters in write_within.
constexpr std::string_view kColumns =
    "router, version, epoch, reads_share, writes_authority, fresh_until, document";

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
  MIG_ASSIGN(present, read_from(*database));
  if (!is_spent(present, authority)) return {};
  MIG_TRY(remove_row(*database));
  return transaction.commit();
}

Result<void> RoutingTable::write_within(const Database& database, const Routes& wanted,
                                        const Authority& authority, Instant now) const {
  MIG_ASSIGN(present, read_from(database));
  MIG_ASSIGN(next, next_routes(present, wanted, authority, now));
  if (!next) return {};
  MIG_ASSIGN(table, quote_identifier(table_));
  MIG_TRY(database.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {} (router TEXT PRIMARY KEY, version INTEGER NOT "
                  "NULL, epoch INTEGER NOT NULL, reads_share INTEGER NOT NULL, writes_authority "
                  "TEXT NOT NULL, fresh_until TEXT, document TEXT NOT NULL) STRICT",
                  table)));
  MIG_ASSIGN(statement, database.prepare(fmt::format(
                            "INSERT OR REPLACE INTO {} ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
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
  return statement.run();
}

Result<bool> RoutingTable::is_there(const Database& database) const {
  MIG_ASSIGN(statement,
             database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1"));
  statement.bind_text(1, table_);
  return statement.step();
}

Result<Routes> RoutingTable::read_from(const Database& database) const {
  MIG_ASSIGN(is_made, is_there(database));
  if (!is_made) return initial_;
  MIG_ASSIGN(table, quote_identifier(table_));
  const auto stranger = [&] {
    return fail(ErrorKind::Permanent,
                fmt::format("the table {} of {} holds no routing documents", table_,
                            database.shown_place()),
                "rename it, or name another table in the plan's router");
  };
  auto statement =
      database.prepare(fmt::format("SELECT {} FROM {} WHERE router = ?1", kColumns, table));
  if (!statement && database.last_failure() == SqlFailure::Other) return stranger();
  if (!statement) return std::unexpected(statement.error());
  statement->bind_text(1, name_.router);
  MIG_ASSIGN(has_row, statement->step());
  if (!has_row) return initial_;
  if (statement->storage_class(6) != StorageClass::Text) return stranger();
  auto routes = decode_routes(statement->text(6), initial_);
  if (!routes) return stranger();
  return std::move(*routes);
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
