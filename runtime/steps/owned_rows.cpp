#include "runtime/steps/owned_rows.hpp"

#include <cassert>

#include <fmt/format.h>

#include "runtime/steps/owned_by_key.hpp"
#include "runtime/steps/owned_by_lineage.hpp"
#include "runtime/steps/owned_by_redis_key.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/row_writer.hpp"
#include "runtime/stores/sqlite_types.hpp"

namespace mig::runtime {

Result<std::unique_ptr<OwnedRows>> owned_rows(const plan::Plan& plan, const plan::Emit& emit,
                                              plan::DatasetId dataset, plan::DatasetId source) {
  if (plan.at(dataset).keys) {
    auto by_name = owned_by_redis_key(plan, emit, dataset, source);
    if (by_name) return by_name;
    return fail(ErrorKind::Permanent,
                fmt::format("keys of `{}` cannot be followed: they are not made of exactly the key "
                            "of the old row that they come from",
                            plan.at(dataset).name),
                "make a key of the old row's key alone, or stop the writers with `writes none` and "
                "copy");
  }
  auto owned =
      emit.shared ? owned_by_lineage(plan, dataset) : owned_by_key(plan, emit, dataset, source);
  if (owned) return owned;
  return fail(ErrorKind::Permanent,
              fmt::format("rows of `{}` cannot be followed: their key does not hold the key of the "
                          "old row that they come from",
                          plan.at(dataset).name),
              "stop the writers with `writes none` and copy, or make the old key a part of the new "
              "one");
}

Result<std::optional<std::string>> place_as_written(const OpenStore& kind,
                                                    const plan::Entity& source,
                                                    const std::string& place) {
  // What is no key of the pattern becomes no row.
  if (kind.redis() != nullptr) return raw_key_of(place) ? std::nullopt : std::optional(place);
  // A place there is written as a plan writes it.
  if (kind.sql()->dialect() == Dialect::Postgres) return std::optional(place);
  const auto key = source.key();
  std::vector<plan::Type> types;
  types.reserve(source.fields.size());
  for (const plan::Field& field : source.fields)
    types.push_back(field.type);
  Batch row = Batch::of(types);
  const auto cells = cells_of(place);
  assert(cells.size() == key.size());
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (read_cell(cells[i].cell, row.columns[key[i]]).has_value())
      return std::optional<std::string>();
  }
  return std::optional(written_key(source, row, 0));
}

}  // namespace mig::runtime
