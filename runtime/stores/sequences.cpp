#include "runtime/stores/sequences.hpp"

#include <fmt/format.h>

#include "runtime/stores/catalogue.hpp"

namespace mig::runtime {

Result<void> pass_copied_keys(const Database& database, const plan::Plan& plan,
                              plan::DatasetId dataset) {
  if (database.dialect() == Dialect::Sqlite) return {};
  MIG_ASSIGN(exists, has_table(database, plan.at(dataset).table));
  if (!exists) return {};
  MIG_ASSIGN(table, quote_identifier(plan.at(dataset).table));
  const plan::Entity& entity = plan.entity_of(dataset);
  for (const std::uint32_t position : entity.key()) {
    const plan::Field& field = entity.fields[position];
    if (!field.type.is_integer()) continue;
    MIG_ASSIGN(find, database.prepare("SELECT pg_get_serial_sequence(quote_ident(?1), ?2)"));
    find.bind_text(1, plan.at(dataset).table);
    find.bind_text(2, field.column);
    MIG_TRY(find.step());
    const std::string sequence =
        find.storage_class(0) == StorageClass::Null ? "" : std::string(find.text(0));
    find.reset();
    if (sequence.empty()) continue;
    MIG_ASSIGN(column, quote_identifier(field.column));
    MIG_ASSIGN(pass, database.prepare(fmt::format(
                         "SELECT setval(?1::text::regclass, greatest(most, last_value)) FROM {}, "
                         "(SELECT max({}) AS most FROM {}) AS t WHERE most >= 1",
                         sequence, column, table)));
    pass.bind_text(1, sequence);
    MIG_TRY(pass.run());
  }
  return {};
}

}  // namespace mig::runtime
