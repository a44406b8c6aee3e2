#include "runtime/stores/sqlite_companions.hpp"

#include <cassert>

#include <fmt/format.h>

#include "runtime/data/plan_value.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {

Result<CompanionReader> CompanionReader::open(const Database& database, const plan::Plan& plan,
                                              const plan::Companion& companion,
                                              plan::DatasetId dataset, std::size_t first) {
  // It says what is missing.
  MIG_TRY(SqliteRows::open(database, plan, dataset));
  const plan::Entity& entity = plan.at(companion.entity);
  MIG_ASSIGN(table, quote_identifier(plan.at(dataset).table));
  std::string columns;
  for (const plan::Field& field : entity.fields) {
    MIG_ASSIGN(column, quote_identifier(field.column));
    columns += fmt::format("{}t.{}", columns.empty() ? "" : ", ", column);
  }
  std::string condition;
  for (const std::uint32_t field : companion.by) {
    MIG_ASSIGN(column, quote_identifier(entity.fields[field].column));
    condition += fmt::format("{}t.{} = ? COLLATE BINARY", condition.empty() ? "" : " AND ", column);
  }
  std::string order;
  for (const std::uint32_t field : entity.key()) {
    MIG_ASSIGN(column, quote_identifier(entity.fields[field].column));
    order += fmt::format("{}t.{} COLLATE BINARY", order.empty() ? "" : ", ", column);
  }
  MIG_ASSIGN(find, database.prepare(fmt::format("SELECT {} FROM {} AS t WHERE {} ORDER BY {}",
                                                columns, table, condition, order)));
  return CompanionReader(entity, companion.is_list, first, std::move(find));
}

Column& CompanionReader::column(Batch& rows, std::size_t field) const {
  return is_list_ ? rows.columns[first_ + field].element() : rows.columns[first_ + 1 + field];
}

Result<std::optional<CompanionReader::Flaw>> CompanionReader::append(std::string_view place,
                                                                     Batch& rows) {
  bind_key(find_, 1, place);
  std::optional<Flaw> flaw;
  std::size_t found = 0;
  while (!flaw) {
    MIG_ASSIGN(has_row, find_.step());
    if (!has_row) break;
    if (++found > 1 && !is_list_) {
      flaw = Flaw{entity_.name, "two rows belong to it, and one is wanted"};
    } else {
      flaw = read_row(rows);
    }
  }
  find_.reset();
  if (flaw) return flaw;
  if (is_list_) {
    for (std::size_t field = 0; field < entity_.fields.size(); ++field)
      rows.columns[first_ + field].append_list();
    return flaw;
  }
  rows.columns[first_].append_integer(found > 0 ? 1 : 0);
  for (std::size_t field = 0; found == 0 && field < entity_.fields.size(); ++field)
    column(rows, field).append_null();
  return flaw;
}

std::optional<CompanionReader::Flaw> CompanionReader::read_row(Batch& rows) const {
  for (std::size_t i = 0; i < entity_.fields.size(); ++i) {
    const plan::Field& field = entity_.fields[i];
    const SqlCell cell = cell_of(find_, static_cast<int>(i));
    const bool is_null = cell.storage == StorageClass::Null;
    if (is_null && !field.type.optional) {
      // The column may hold nothing only where the row is not there.
      if (!field.fallback) {
        Column required(field.type);
        const auto reject = read_cell(cell, required);
        assert(reject && "a required column takes no NULL");
        return Flaw{entity_.name + "." + field.name, reject->reason};
      }
      [[maybe_unused]] const bool fits = append_value(column(rows, i), *field.fallback);
      assert(fits && "a default is a value of its field");
      continue;
    }
    if (const auto reject = read_cell(cell, column(rows, i))) {
      return Flaw{entity_.name + "." + field.name, reject->reason};
    }
  }
  return std::nullopt;
}

}  // namespace mig::runtime
