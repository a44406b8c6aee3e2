// What a PostgreSQL error means to people and to failure policy. Used by the PostgreSQL adapter.
//
// The sentences are ours. The server's own text is added only for errors about our SQL and its
// names: that of a broken constraint, of a value or of a trigger may quote a row.
#pragma once

#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// The fields of one error. All empty where the connection broke before the server said anything.
struct ServerError {
  std::string sqlstate;
  std::string primary;  // the first line; may quote values
  std::string key;      // the columns that a broken key is about, without their values
  std::string table;
  std::string column;
  std::string constraint;
};

// Who asked, where, for what.
struct ErrorScene {
  std::string_view noun;
  std::string_view shown;
  std::string_view role;
  std::string_view sql;  // of ours; its first word says which privilege it takes
};

// `SELECT`, `COMMIT`: what a statement does, in upper case.
std::string first_word(std::string_view sql);

// The columns in a detail like `Key (a, b)=(…) already exists.`; nothing of what follows them.
std::string key_columns(std::string_view detail);

SqlFailure failure_of(std::string_view sqlstate);
SqlConstraint constraint_of(std::string_view sqlstate);
// `users.email`, `orders.a, orders.b`, or the constraint's name.
std::string subject_of(const ServerError& error);
// After these the server has closed the connection.
bool ends_connection(std::string_view sqlstate);

Error postgres_error(const ServerError& error, const ErrorScene& scene);

// For an attempt to connect, where libpq gives a text and no code. The text is read, never shown.
Error connecting_error(std::string_view text, const ErrorScene& scene);

}  // namespace mig::runtime
