#include "runtime/stores/schema_check.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "runtime/stores/postgres_types.hpp"

namespace mig::runtime {
namespace {

using plan::Base;

// Whether what we write as this type stays what it is in a column of that affinity.
bool keeps(Affinity affinity, const plan::Type& type) {
  switch (type.base) {
    case Base::Bool:
    case Base::I16:
    case Base::I32:
    case Base::I64:
      return affinity != Affinity::Text && affinity != Affinity::Real;
    case Base::F64:
      return affinity != Affinity::Text;
    case Base::Bytes:
      return true;  // a blob is never converted
    case Base::Decimal:
    case Base::Text:
    case Base::Uuid:
    case Base::Date:
    case Base::Time:
    case Base::Timestamp:
    case Base::Json:
    case Base::OneOf:
    case Base::List:
      return affinity == Affinity::Text || affinity == Affinity::Blob;
  }
  assert(false && "every base is judged");
  return false;
}

// Whether cells of such a column can be read as the type at all.
bool may_hold(Affinity affinity, const plan::Type& type) {
  if (keeps(affinity, type)) return true;
  if (type.base == Base::Decimal) return true;  // numbers are read where they are exact
  return affinity == Affinity::Numeric;         // holds anything that is no number
}

// mig writes names in quotes, where PostgreSQL takes `Users` and `users` for two.
bool is_exactly(std::string_view left, std::string_view right, Dialect dialect) {
  return dialect == Dialect::Postgres ? left == right : is_same_name(left, right);
}

struct Comparison {
  const plan::Plan& plan;
  plan::DatasetId dataset;
  const LiveTable& table;
  TableRole role;
  Dialect dialect;
  std::vector<SchemaDifference> found;

  template <class... Parts>
  void add(DifferenceKind kind, std::optional<std::uint32_t> field, bool is_error,
           fmt::format_string<Parts...> text, Parts&&... parts) {
    found.push_back(
        {kind, dataset, field, fmt::format(text, std::forward<Parts>(parts)...), is_error});
  }

  void compare_field(std::uint32_t index, const plan::Field& field) {
    const LiveColumn* column = table.column(field.column);
    if (column == nullptr || !is_exactly(column->name, field.column, dialect)) {
      add(DifferenceKind::MissingColumn, index, true, "`{}` has no column `{}`", table.name,
          field.column);
      return;
    }
    compare_type(index, field, *column);
    const bool lets_null = !column->not_null && column->key_position == 0;
    if (lets_null && !field.type.optional && !field.fallback) {
      add(DifferenceKind::Nullable, index, false,
          "the column `{}.{}` may hold NULL, but `{}` is not optional", table.name, field.column,
          field.name);
    }
    if (role != TableRole::Written) return;
    if (column->not_null && field.type.optional) {
      add(DifferenceKind::Required, index, true,
          "the column `{}.{}` refuses NULL, but `{}` is optional", table.name, field.column,
          field.name);
    }
    if (column->is_generated) {
      add(DifferenceKind::GeneratedColumn, index, true,
          "the column `{}.{}` is computed by the database and cannot be written", table.name,
          field.column);
    }
  }

  void compare_type(std::uint32_t index, const plan::Field& field, const LiveColumn& column) {
    if (column.type) {
      if (!is_carried(*column.type, field.type)) {
        add(DifferenceKind::TypeClass, index, true,
            "the column `{}.{}` is declared `{}`, which mig does not carry as `{}`", table.name,
            field.column, column.declared, print(field.type));
      }
      if (field.key && column.folds_texts) {
        add(DifferenceKind::FoldedKey, index, true,
            "the key column `{}.{}` takes texts for equal that differ, and to mig they are two "
            "rows",
            table.name, field.column);
      }
      return;
    }
    const bool fits = role == TableRole::Written ? keeps(column.affinity, field.type)
                                                 : may_hold(column.affinity, field.type);
    if (fits) return;
    add(DifferenceKind::TypeClass, index, true,
        "the column `{}.{}` is declared `{}`, which does not keep `{}`", table.name, field.column,
        column.declared, print(field.type));
  }

  void compare_key(const plan::Entity& entity) {
    const std::vector<std::uint32_t> positions = entity.key();
    std::vector<std::string> key;
    key.reserve(positions.size());
    for (const std::uint32_t position : positions)
      key.push_back(entity.fields[position].column);
    if (table.is_unique(key)) {
      if (role == TableRole::Read || table.is_unique_at_once(key)) return;
      add(DifferenceKind::KeyNotUnique, positions.front(), true,
          "rows of `{}` may share the key `{}` until their transaction ends; it needs a key that "
          "is not deferrable",
          table.name, fmt::join(key, ", "));
      return;
    }
    add(DifferenceKind::KeyNotUnique, entity.key().front(), true,
        "nothing keeps two rows of `{}` from sharing the key `{}`; it needs a primary key or a "
        "unique index on exactly these columns",
        table.name, fmt::join(key, ", "));
  }

  void compare_strangers(const plan::Entity& entity) {
    for (const LiveColumn& column : table.columns) {
      const bool is_known = std::ranges::any_of(entity.fields, [&](const plan::Field& field) {
        return is_exactly(field.column, column.name, dialect);
      });
      const bool is_asked_for = column.not_null && !column.has_default && !column.is_generated;
      if (is_known || !is_asked_for || column.key_position > 0) continue;
      add(DifferenceKind::ExtraColumn, std::nullopt, true,
          "rows that the plan writes to `{0}` have no value for `{0}.{1}`, which has to have one",
          table.name, column.name);
    }
  }
};

}  // namespace

std::vector<SchemaDifference> schema_differences(const plan::Plan& plan, plan::DatasetId dataset,
                                                 const LiveSchema& schema, TableRole role) {
  const plan::Dataset& declared = plan.at(dataset);
  const plan::Entity& entity = plan.entity_of(dataset);
  const LiveTable* table = schema.table(declared.table);
  if (table == nullptr || !is_exactly(table->name, declared.table, schema.dialect)) {
    return {{DifferenceKind::MissingTable, dataset, std::nullopt,
             fmt::format("the store `{}` has no table `{}`", plan.at(declared.store).name,
                         declared.table)}};
  }
  Comparison comparison{plan, dataset, *table, role, schema.dialect, {}};
  for (std::uint32_t i = 0; i < entity.fields.size(); ++i)
    comparison.compare_field(i, entity.fields[i]);
  comparison.compare_key(entity);
  if (role == TableRole::Written) {
    comparison.compare_strangers(entity);
    for (const LiveTrigger& trigger : schema.triggers_on(table->name)) {
      comparison.add(DifferenceKind::Trigger, std::nullopt, false,
                     "the trigger `{}` runs at rows that are written to `{}`", trigger.name,
                     table->name);
    }
  }
  return std::move(comparison.found);
}

}  // namespace mig::runtime
