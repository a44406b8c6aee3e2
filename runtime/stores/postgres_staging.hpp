// Rows on their way into a PostgreSQL table where others may stand already: they go by COPY into a
// table of the session's own, and from there by an INSERT that says what becomes of those.
//
// Some twice as much work as COPY into the table itself, so whoever has rows tries that first.
// One thread, like the database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/row_sink.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class PostgresStaging {
 public:
  static Result<PostgresStaging> of(const InsertSql& sql);

  // `"a", "b"`, in the order of a tuple's fields.
  const std::string& columns() const { return columns_; }
  const std::string& table() const { return table_; }  // quoted

  // Inside a transaction: these tuples, as COPY takes them. Gives how many changed something, and
  // Database::changes then does, too.
  Result<std::int64_t> merge(const Database& database, std::string_view tuples) const;

 private:
  std::string table_;
  std::string columns_;
  std::string make_;  // the session's own table, empty
  std::string copy_;
  std::string insert_;
};

}  // namespace mig::runtime
