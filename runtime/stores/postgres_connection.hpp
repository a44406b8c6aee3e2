// The connection behind a PostgreSQL Database: libpqxx holds it and runs plain statements, and a
// policy of ours hands out its PGconn, so that COPY and statements share one transaction.
//
// Inside the adapter only: postgres_database.hpp is what others take. One thread at a time, but for
// `interrupt`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/stores/postgres_database.hpp"
#include "runtime/stores/postgres_errors.hpp"
#include "runtime/stores/sql_database.hpp"

struct pg_cancel;
struct pg_result;

namespace mig::runtime {

class PostgresStatement;

class PostgresConnection final : public SqlConnection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> open(const std::string& place,
                                                          PostgresOptions options);
  ~PostgresConnection() override;

  Result<std::unique_ptr<SqlStatement>> prepare(std::string_view sql) override;
  Result<void> execute(const std::string& sql) override;
  bool is_in_transaction() const override;
  std::int64_t changes() const override { return changes_; }
  Result<std::string> collation(const std::string& table, const std::string& column) override;
  void interrupt() override;

  pg_conn* handle() const { return handle_; }

  // Rows of one statement at most are on the wire; `free_wire` parks them.
  void take_wire(PostgresStatement& reader, bool in_transaction);
  void leave_wire(const PostgresStatement& reader);
  Result<void> free_wire();
  // In a transaction in which a statement failed the server answers COMMIT by rolling back, and
  // calls it a success.
  Result<void> refuse_hollow_commit(std::string_view sql);

  // The last error that the server or libpq gave, as an Error; sets what the handle tells of it.
  std::unexpected<Error> failure(std::string_view sql);
  // Sees every result of the connection, whoever asked for it: exceptions of libpqxx do not say
  // which constraint broke.
  void note(const pg_result* result);
  void set_changes(std::int64_t rows) { changes_ = rows; }
  // The server forgets a prepared statement at the next good moment.
  void forget(std::string name);

 private:
  class Session;
  PostgresConnection();
  Result<void> configure(const PostgresOptions& options);
  Result<void> forget_statements();

  std::unique_ptr<Session> session_;
  pg_conn* handle_ = nullptr;
  pg_cancel* cancel_ = nullptr;
  ServerError error_;
  std::int64_t changes_ = 0;
  int statements_ = 0;
  std::vector<std::string> forgotten_;
  PostgresStatement* reader_ = nullptr;  // whose rows are on the wire
  bool was_in_transaction_ = false;      // when they began
};

}  // namespace mig::runtime
