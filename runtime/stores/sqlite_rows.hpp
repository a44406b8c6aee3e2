// Rows of ours as a table that SQLite can read: `INSERT INTO people SELECT * FROM mig_rows_8(?)`
// writes a whole page in one statement, where a statement a row costs twice as much.
//
// A table-valued function (https://www.sqlite.org/vtab.html#tabfunc2) whose argument is a pointer
// to a RowsToWrite, so that nobody's SQL can reach memory with it. Used by the writer connection's
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/data/batch.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

// What one statement reads; outlives its run.
struct RowsToWrite {
  const Batch* batch = nullptr;
  std::span<const std::uint32_t> rows;  // of the batch, in the order of writing
};

// The name of the function for rows of so many columns, which are called c0, c1, ... A value that
// SQLite has no form for ends the statement like a broken constraint.
Result<std::string> rows_function(const Database& database, std::size_t columns);

// Binds the function's argument.
void bind_rows(Statement& statement, int parameter, RowsToWrite& rows);

}  // namespace mig::runtime
