// Which SQLite values are read as, and written from, each of our types. SQLite lets any cell of an
// ordinary table hold anything, so every cell is checked; nothing is rounded, cut or guessed.
//
//   type          declared   written as                  read from
//   bool          INTEGER    0, 1                        INTEGER 0 or 1
//   i16 i32 i64   INTEGER    INTEGER                     INTEGER in range
//   decimal(p,s)  TEXT       all s places, `12.50`       INTEGER or TEXT that fits exactly; REAL of
//                                                        at most 15 digits that does
//   f64           REAL       REAL, never NaN             REAL; INTEGER up to 2^53 either way
//   text(n)       TEXT       TEXT                        TEXT, UTF-8, at most n code points
//   bytes         BLOB       BLOB                        BLOB
//   uuid          TEXT       `xxxxxxxx-xxxx-...`         that in lower case, or a BLOB of 16 bytes
//   date          TEXT       `2026-01-02`                the same
//   time          TEXT       `03:04:05.000006`           TEXT, see data/iso_time.hpp
//   timestamp     TEXT       `2026-01-02T03:04:05.000006Z`   TEXT, see data/iso_time.hpp
//   json          TEXT       TEXT                        TEXT that is one JSON value
//   one_of        TEXT       the word                    TEXT that is one of the words
//   [T]           TEXT       a JSON array                TEXT that is a JSON array of T
//   optional      no NOT NULL, NULL                      NULL
//
// In a JSON array, bool is true or false (read from 0 and 1 too), numbers are numbers, a decimal is
// a string (a number without exponent is read too), bytes are lower-case hexadecimal, json is the
// value itself, a list is an array, everything else the string above. Minus zero comes back as
// zero: SQLite keeps no sign there. Stateless; as thread-safe as the statement.
#pragma once

#include <optional>
#include <string>

#include "runtime/data/batch.hpp"
#include "runtime/data/reject.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

SqlCell cell_of(const Statement& statement, int column);

// Appends the value to `into`, or says why not and appends nothing.
std::optional<Reject> read_cell(const SqlCell& cell, Column& into);

inline std::optional<Reject> read_cell(const Statement& statement, int column, Column& into) {
  return read_cell(cell_of(statement, column), into);
}

// How values of a type are written.
enum class SqliteForm {
  Integer,
  Real,
  Blob,
  Text,     // the column's own bytes
  Printed,  // what `text_form` makes of the value
};
SqliteForm sqlite_form(plan::Base base);

// Binds the value of a row. A Reject only for what SQLite cannot keep: NaN, dates out of 0001 to
// 9999.
std::optional<Reject> bind_cell(Statement& statement, int parameter, const Column& from,
                                std::size_t row);

// What stands behind a column's name in CREATE TABLE, in a STRICT table too: `TEXT NOT NULL`.
std::string declaration(const plan::Type& type);

}  // namespace mig::runtime
