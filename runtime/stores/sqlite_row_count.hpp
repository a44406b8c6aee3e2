// How many rows a table has, without keeping anybody waiting for long. Used by previews. Reads
// only.
//
// One thread, like the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

struct RowsCounted {
  // Absent: counting takes too long, and nothing bounds the number.
  std::optional<std::int64_t> rows;
  bool is_exact = true;  // false: there are at most so many
};

// The greatest rowid: there are no more rows. Of a table it is found at once, at the end of the
// tree. Nothing where there is no rowid, or no row, or where it takes longer: what is named may be
// a view.
Result<std::optional<std::int64_t>> row_bound(const Database& database, const std::string& table,
                                              const Clock& clock, Duration limit);

// `table` is quoted. Given up after `limit`; then the greatest rowid is an upper bound.
Result<RowsCounted> count_rows(const Database& database, const std::string& table,
                               const Clock& clock, Duration limit);

// The first column of the first row of a query, where it is an integer and there within `limit`.
Result<std::optional<std::int64_t>> integer_within(const Database& database, const std::string& sql,
                                                   const Clock& clock, Duration limit);

}  // namespace mig::runtime
