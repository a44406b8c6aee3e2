#include "runtime/stores/tables.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "runtime/data/plan_value.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {
namespace {

// The dataset in the same store whose table holds the entity that a field refers to.
const plan::Dataset* referred(const plan::Plan& plan, plan::DatasetId from, plan::EntityId entity) {
  const auto is_it = [&](const plan::Dataset& other) {
    return other.entity == entity && other.store == plan.at(from).store;
  };
  const auto in_new = std::ranges::find_if(
      plan.to, [&](plan::DatasetId dataset) { return is_it(plan.at(dataset)); });
  if (in_new != plan.to.end()) return &plan.at(*in_new);
  const auto found = std::ranges::find_if(plan.datasets, is_it);
  return found == plan.datasets.end() ? nullptr : &*found;
}

}  // namespace

Result<std::string> create_table_sql(const plan::Plan& plan, plan::DatasetId dataset,
                                     const std::string& table) {
  const plan::Entity& entity = plan.entity_of(dataset);
  const auto key = entity.key();
  const bool counts_up = key.size() == 1 && entity.fields[key.front()].generated &&
                         entity.fields[key.front()].type.is_integer();
  std::vector<std::string> parts;
  std::vector<std::string> key_columns;
  for (const plan::Field& field : entity.fields) {
    MIG_ASSIGN(name, quote_identifier(field.column));
    if (field.key) key_columns.push_back(name);
    if (field.key && counts_up) {
      parts.push_back(name + " INTEGER PRIMARY KEY AUTOINCREMENT");
    } else {
      MIG_ASSIGN(column, column_sql(field, nullptr));
      parts.push_back(column);
    }
  }
  if (!counts_up) parts.push_back(fmt::format("PRIMARY KEY ({})", fmt::join(key_columns, ", ")));
  for (const plan::Field& field : entity.fields) {
    if (!field.references) continue;
    const plan::Dataset* other = referred(plan, dataset, field.references->entity);
    if (other == nullptr) continue;
    const plan::Entity& parent = plan.at(other->entity);
    // Only a whole key is unique for sure, and SQLite refuses every write under any other parent.
    if (parent.key() != std::vector<std::uint32_t>{field.references->field}) continue;
    MIG_ASSIGN(name, quote_identifier(field.column));
    MIG_ASSIGN(other_table, quote_identifier(other->table));
    MIG_ASSIGN(other_column, quote_identifier(parent.fields.at(field.references->field).column));
    parts.push_back(
        fmt::format("FOREIGN KEY ({}) REFERENCES {} ({})", name, other_table, other_column));
  }
  MIG_ASSIGN(quoted, quote_identifier(table));
  return fmt::format("CREATE TABLE {} (\n  {}\n) STRICT", quoted, fmt::join(parts, ",\n  "));
}

Result<std::string> column_sql(const plan::Field& field, const plan::Value* fill) {
  MIG_ASSIGN(name, quote_identifier(field.column));
  std::string sql = name + " " + declaration(field.type);
  if (fill == nullptr) return sql;
  MIG_ASSIGN(scratch, open_sqlite(":memory:", Mode::Create));
  MIG_ASSIGN(literal, literal_sql(scratch, field.type, *fill));
  return sql + " DEFAULT " + literal;
}

Result<std::string> literal_sql(const Database& database, const plan::Type& type,
                                const plan::Value& value) {
  Column column(type);
  if (!append_value(column, value)) {
    return fail(ErrorKind::Permanent,
                fmt::format("`{}` is no value of `{}`", print(value), print(type)));
  }
  MIG_ASSIGN(quote, database.prepare("SELECT quote(?)"));
  if (const auto reject = bind_cell(quote, 1, column, 0)) {
    return fail(ErrorKind::Permanent, reject->reason);
  }
  MIG_TRY(quote.step());
  return std::string(quote.text(0));
}

}  // namespace mig::runtime
