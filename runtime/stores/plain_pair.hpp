// The two tables of a plan whose rows are the same bytes on both sides: when that is so, and their
// shapes. Used by whatever moves or compares such rows without a look into them. Stateless.
#pragma once

#include <optional>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/plain_tuples.hpp"
#include "runtime/stores/postgres_rows_shape.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct PlainPair {
  PostgresRowsShape from;
  PostgresRowsShape to;
  PlainTuples plain;  // of either

  // Nothing where rows have to be read: stores of other kinds, a transform, rules, several targets,
  // columns of different types or of such as PlainTuples does not take.
  static Result<std::optional<PlainPair>> of(const Database& source, const Database& target,
                                             const plan::Plan& plan);
  // Whether both servers put keys of these types in one order; texts are sorted by collations.
  bool is_ordered_alike() const;
};

}  // namespace mig::runtime
