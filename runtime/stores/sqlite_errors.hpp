// What a SQLite result code means to people and to failure policy. Used by sqlite_database only.
//
// The sentences name the file and the situation; SQLite's own text is added only where it cannot
// hold a row's values.
#pragma once

#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

// `system_error` is the errno behind the code where SQLite knows it; a full disk hides in there.
SqlFailure classify(int extended_code, int system_error = 0);

// `detail` is SQLite's text for our own SQL (a syntax error, a missing table). It is dropped for
// every failure where it could quote data.
Error sqlite_error(int extended_code, const SqliteConnection& connection, std::string_view detail,
                   int system_error = 0);

}  // namespace mig::runtime
