#include "runtime/stores/room.hpp"

#include <algorithm>
#include <cassert>
#include <set>

#include <fmt/format.h>

#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/stand_in.hpp"

namespace mig::runtime {
namespace {

// The plan's columns whose values are, alone or with others, to be unique; the key's are not among
// them. An index over an expression may look at any of them.
std::set<std::string> unique_columns(const LiveTable& table, const plan::Entity& entity) {
  std::set<std::string> columns;
  for (const LiveIndex& index : table.indexes) {
    if (!index.unique) continue;
    const bool is_plain = std::ranges::all_of(index.columns, [&](const std::string& name) {
      const LiveColumn* column = table.column(name);
      return column != nullptr && !column->is_generated;
    });
    for (const plan::Field& field : entity.fields) {
      const bool is_part = std::ranges::any_of(
          index.columns, [&](const std::string& name) { return is_same_name(name, field.column); });
      if (!field.key && (is_part || !is_plain)) columns.insert(field.column);
    }
  }
  return columns;
}

// A failed statement would end PostgreSQL's transaction.
constexpr const char* kBegin = "SAVEPOINT mig_room";
constexpr const char* kKeep = "RELEASE SAVEPOINT mig_room";
constexpr const char* kGiveUp = "ROLLBACK TO SAVEPOINT mig_room; RELEASE SAVEPOINT mig_room";

}  // namespace

Result<Room> Room::of(const Database& database, const plan::Plan& plan, plan::DatasetId dataset) {
  Room room(database);
  MIG_ASSIGN(schema, read_schema(database));
  const LiveTable* table = schema.table(plan.at(dataset).table);
  assert(table != nullptr && "it is being written");
  const plan::Entity& entity = plan.entity_of(dataset);
  std::string sets;
  for (const std::string& name : unique_columns(*table, entity)) {
    MIG_ASSIGN(column, quote_identifier(name));
    sets +=
        fmt::format("{}{} = {}", sets.empty() ? "" : ", ", column, stand_in(*table->column(name)));
  }
  if (sets.empty()) return room;
  std::string is_row;
  for (const std::uint32_t field : entity.key()) {
    MIG_ASSIGN(column, quote_identifier(entity.fields[field].column));
    is_row += fmt::format("{}{} = ?", is_row.empty() ? "" : " AND ", column);
  }
  MIG_ASSIGN(quoted, quote_identifier(table->name));
  MIG_ASSIGN(give_way,
             database.prepare(fmt::format("UPDATE {} SET {} WHERE {}", quoted, sets, is_row)));
  room.give_way_.emplace(std::move(give_way));
  return room;
}

Result<bool> Room::make(std::string_view place) {
  if (!give_way_) return true;
  const bool is_sqlite = database_->dialect() == Dialect::Sqlite;
  bind_key(*give_way_, 1, place);
  if (!is_sqlite) MIG_TRY(database_->execute(kBegin));
  auto done = give_way_->run();
  if (done) {
    if (!is_sqlite) MIG_TRY(database_->execute(kKeep));
    return true;
  }
  if (database_->last_failure() != SqlFailure::Constraint)
    return std::unexpected(std::move(done).error());
  if (!is_sqlite) MIG_TRY(database_->execute(kGiveUp));
  return false;
}

}  // namespace mig::runtime
