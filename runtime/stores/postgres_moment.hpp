// A moment of a PostgreSQL table, and whether it holds the same rows since, told without reading
// their values.
//
// Every version of a row names the transaction that wrote it. Before the moment stands the oldest
// transaction that was still running (pg_snapshot_xmin): where none of that number or above wrote a
// row that is there now, none was inserted or changed, and where there are as many as then, none
// was deleted. That holds for a plain table of one server in one timeline whose columns are as they
// were. What cannot be told counts as changed: a younger transaction that had ended before the
// moment does, too. Used by comparisons behind a copy. Stateless.
//
// PostgreSQL 15, 5.5 (system columns), 9.26.8 (snapshots), 74.1 (transactions and identifiers).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// `table` is quoted. Empty where it is none of which changes could be told later. What is read
// behind this call holds whatever was there before it.
Result<std::string> postgres_moment(const Database& database, const std::string& table);

// The first of several of one table: what holds since then holds since each. Empty where they are
// of different tables, or there is none.
std::string earliest_moment(const std::vector<std::string>& moments);

// Whether the table holds exactly what was read of it behind the moment, which were `rows` rows.
Result<bool> is_as_at(const Database& database, const std::string& table, const std::string& moment,
                      std::int64_t rows);

}  // namespace mig::runtime
