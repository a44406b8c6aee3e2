#include "runtime/stores/lineage.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "compiler/plan/machine/schedule.hpp"
#include "runtime/stores/catalogue.hpp"

namespace mig::runtime {
namespace {

enum Query : std::size_t { kForget, kForgetOwner, kForgetRow, kRowsOf, kSourcesOf };

constexpr std::int64_t kAll = std::numeric_limits<std::int32_t>::max();

bool is_shared(const plan::Plan& plan, plan::DatasetId dataset) {
  if (!plan.via) return false;
  return std::ranges::any_of(plan.at(*plan.via).emits, [&](const plan::Emit& emit) {
    return emit.shared && emit.entity == plan.at(dataset).entity;
  });
}

Result<std::string> lineage_table(const std::string& table) {
  return quote_identifier(control_name("mig_ctl_lineage_", table));
}

// FNV-1a: it only has to be the same tomorrow.
std::int64_t hash_of(std::string_view row) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : row)
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return static_cast<std::int64_t>(hash);
}

Result<std::vector<std::string>> texts(Statement& rows) {
  std::vector<std::string> found;
  while (true) {
    MIG_ASSIGN(has_row, rows.step());
    if (!has_row) break;
    found.emplace_back(rows.text(0));
  }
  rows.reset();
  return found;
}

}  // namespace

Lineage::Lineage(std::string table)
    : table_(std::move(table)),
      entries_(Batch::of({plan::Type::of(plan::Base::Text), plan::Type::of(plan::Base::Text),
                          plan::Type::of(plan::Base::Text).as_optional(),
                          plan::Type::of(plan::Base::I64)})) {}

std::optional<Lineage> Lineage::of(const plan::Plan& plan, plan::DatasetId dataset) {
  if (!plan::follows(plan) || !is_shared(plan, dataset)) return std::nullopt;
  return Lineage(plan.at(dataset).table);
}

// Both directions are one look. A copy comes in the order of owners, and in no order of rows: the
// index by rows is of a number for each, so that few of its pages change with a page of the copy.
Result<void> Lineage::install(const Database& database) const {
  MIG_ASSIGN(table, lineage_table(table_));
  MIG_ASSIGN(index, quote_identifier(control_name("mig_ctl_owners_", table_)));
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  return database.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {0}(owner TEXT NOT NULL, shared_row TEXT NOT NULL, "
                  "source TEXT, row_hash {2} NOT NULL, PRIMARY KEY(owner, shared_row)){3}; "
                  "CREATE INDEX IF NOT EXISTS {1} ON {0}(row_hash)",
                  table, index, is_sqlite ? "INTEGER" : "BIGINT", is_sqlite ? " STRICT" : ""));
}

Result<void> Lineage::open(const Database& database) {
  if (database_ != nullptr) return {};
  MIG_ASSIGN(table, lineage_table(table_));
  MIG_ASSIGN(add, open_sink(database, {.table = control_name("mig_ctl_lineage_", table_),
                                       .columns = {"owner", "shared_row", "source", "row_hash"},
                                       .head = fmt::format("INSERT INTO {} AS l (owner, "
                                                           "shared_row, source, row_hash)",
                                                           table),
                                       .tail = "ON CONFLICT (owner, shared_row) DO UPDATE SET "
                                               "source = excluded.source "
                                               "WHERE l.source IS DISTINCT FROM excluded.source"}));
  add_ = std::move(add);
  // In the order of Query.
  for (const std::string& sql :
       {fmt::format("DELETE FROM {} WHERE owner = ?1 AND shared_row = ?2", table),
        fmt::format("DELETE FROM {} WHERE owner = ?1", table),
        fmt::format("DELETE FROM {} WHERE row_hash = ?1 AND shared_row = ?2", table),
        fmt::format("SELECT shared_row FROM {} WHERE owner = ?1 ORDER BY 1", table),
        fmt::format("SELECT coalesce(source, owner) FROM {} WHERE row_hash = ?1 AND shared_row = "
                    "?2 LIMIT ?3",
                    table)}) {
    MIG_ASSIGN(statement, database.prepare(sql));
    statements_.push_back(std::move(statement));
  }
  database_ = &database;
  return {};
}

void Lineage::add(std::string_view owner, std::string_view row, std::string_view source) {
  entries_.columns[0].append_bytes(owner);
  entries_.columns[1].append_bytes(row);
  if (source == owner) {
    entries_.columns[2].append_null();
  } else {
    entries_.columns[2].append_bytes(source);
  }
  entries_.columns[3].append_integer(hash_of(row));
  ++entries_.rows;
}

Result<void> Lineage::write() {
  assert(database_ != nullptr);
  if (entries_.rows == 0) return {};
  std::vector<std::uint32_t> all(entries_.rows);
  std::iota(all.begin(), all.end(), 0U);
  auto written = add_->insert_all(entries_, all);
  entries_.clear();
  return written;
}

Result<void> Lineage::forget(std::string_view owner, std::string_view row) {
  assert(database_ != nullptr);
  statements_[kForget].bind_text(1, owner);
  statements_[kForget].bind_text(2, row);
  return statements_[kForget].run();
}

Result<void> Lineage::forget_owner(std::string_view owner) {
  assert(database_ != nullptr);
  statements_[kForgetOwner].bind_text(1, owner);
  return statements_[kForgetOwner].run();
}

Result<void> Lineage::forget_row(std::string_view row) {
  assert(database_ != nullptr);
  statements_[kForgetRow].bind(1, hash_of(row));
  statements_[kForgetRow].bind_text(2, row);
  return statements_[kForgetRow].run();
}

Result<std::vector<std::string>> Lineage::rows_of(std::string_view owner) {
  assert(database_ != nullptr);
  statements_[kRowsOf].bind_text(1, owner);
  return texts(statements_[kRowsOf]);
}

Result<std::vector<std::string>> Lineage::sources_of(std::string_view row, std::size_t limit) {
  assert(database_ != nullptr);
  statements_[kSourcesOf].bind(1, hash_of(row));
  statements_[kSourcesOf].bind_text(2, row);
  statements_[kSourcesOf].bind(3, std::min(static_cast<std::int64_t>(limit), kAll));
  return texts(statements_[kSourcesOf]);
}

Result<void> install_lineages(const Database& database, const plan::Plan& plan) {
  for (const plan::DatasetId dataset : plan.to) {
    if (const auto lineage = Lineage::of(plan, dataset)) MIG_TRY(lineage->install(database));
  }
  return {};
}

Result<void> remove_lineages(const Database& database, const std::vector<std::string>& tables) {
  for (const std::string& shared : tables) {
    MIG_ASSIGN(table, lineage_table(shared));
    MIG_TRY(database.execute("DROP TABLE IF EXISTS " + table));
  }
  return {};
}

Result<void> remove_lineages(const Database& database, const plan::Plan& plan) {
  std::vector<std::string> tables;
  for (const plan::DatasetId dataset : plan.to)
    tables.push_back(plan.at(dataset).table);
  return remove_lineages(database, tables);
}

}  // namespace mig::runtime
