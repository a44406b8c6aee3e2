// How many rows a table has, without keeping anybody waiting for long. Used by previews. Reads
// only.
//
// In PostgreSQL it is asked outside of transactions: what takes too long ends one. One thread, like
// the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct RowsCounted {
  // Absent: counting takes too long, and nothing else tells the number.
  std::optional<std::int64_t> rows;
  bool is_exact = true;     // false: there are at most so many
  bool is_guessed = false;  // more or less so many: PostgreSQL's own guess, of when it last looked
};

// The greatest rowid: there are no more rows. Of a table it is found at once, at the end of the
// tree. Nothing where there is no rowid, or no row, or where it takes longer: what is named may be
// a view. Nothing in PostgreSQL.
Result<std::optional<std::int64_t>> row_bound(const Database& database, const std::string& table,
                                              const Clock& clock, Duration limit);

// What PostgreSQL's statistics say, if the server ever went through the table. `table` is quoted.
Result<std::optional<std::int64_t>> guessed_rows(const Database& database,
                                                 const std::string& table);

// `table` is quoted. Given up after `limit`; then the greatest rowid is an upper bound, and
// PostgreSQL's statistics are a guess. A table that is large by that guess is not counted at all.
Result<RowsCounted> count_rows(const Database& database, const std::string& table,
                               const Clock& clock, Duration limit);

// The first column of the first row of a query, where it is an integer and there within `limit`.
Result<std::optional<std::int64_t>> integer_within(const Database& database, const std::string& sql,
                                                   const Clock& clock, Duration limit);

}  // namespace mig::runtime
