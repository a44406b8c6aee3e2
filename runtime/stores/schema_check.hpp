// Compares what a plan says of a dataset with the table that is there.
//
// Used before a run starts and by structure steps. Pure over a schema that was read; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/stores/live_schema.hpp"

namespace mig::runtime {

enum class DifferenceKind {
  MissingTable,
  MissingColumn,
  ExtraColumn,      // required by the table, unknown to the plan: inserts fail
  TypeClass,        // the column has no values of the type, or turns them into something else
  Nullable,         // the table lets NULL in where the plan expects a value
  Required,         // the table refuses NULL where the plan may write it
  KeyNotUnique,     // nothing keeps two rows from sharing the key
  FoldedKey,        // the key's column takes texts for equal that are two rows to a plan
  GeneratedColumn,  // the database computes the column, so it cannot be written
  Trigger,          // a trigger would run at each row that is written
};

struct SchemaDifference {
  DifferenceKind kind;
  plan::DatasetId dataset;
  std::optional<std::uint32_t> field;  // where it is about one
  std::string sentence;
  bool is_error = true;  // false: worth a warning, rows are checked one by one
};

enum class TableRole { Read, Written };

std::vector<SchemaDifference> schema_differences(const plan::Plan& plan, plan::DatasetId dataset,
                                                 const LiveSchema& schema, TableRole role);

}  // namespace mig::runtime
