// A SQLite file, opened with care: what the journal and the SQLite store adapter stand on.
//
// Every file is treated as untrusted input: no extension loads, no schema runs code, the defensive
// switch is on. Waiting for a lock has a bound. Messages name the file and never a row's values.
// A Database and its Statements belong to one thread at a time; Statements end before it does.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace mig::runtime {

enum class Mode { ReadOnly, ReadWrite, Create };

struct OpenOptions {
  std::chrono::milliseconds busy_wait{5000};  // the longest wait for somebody else's lock
  std::string noun = "database";              // what messages call the file
  std::string shown;                          // and its place; empty: the path
};

enum class SqliteFailure {
  None,
  Busy,
  Full,
  Unwritable,
  ReadOnly,
  Corrupt,
  NotADatabase,
  Constraint,
  CannotOpen,
  Interrupted,
  Other,
};

enum class SqliteConstraint { None, Unique, NotNull, ForeignKey, Check, Other };

enum class StorageClass { Null, Integer, Real, Text, Blob };

// What a Database and its Statements share. Only sqlite_database.cpp looks inside.
struct SqliteConnection {
  ~SqliteConnection();

  sqlite3* handle = nullptr;
  std::filesystem::path path;
  std::string noun;
  std::string shown;
  SqliteFailure last_failure = SqliteFailure::None;
  SqliteConstraint last_constraint = SqliteConstraint::None;
  std::string constraint_subject;
  bool is_wal = false;
};

class Statement;

class Database {
 public:
  // Never changes the journal mode of the file. A file in WAL mode gets no checkpoint from us,
  // neither while it is open nor when it closes: its application decides that.
  static Result<Database> open(const std::filesystem::path& path, Mode mode,
                               OpenOptions options = {});

  Result<Statement> prepare(std::string_view sql) const;
  // Runs one or more statements and drops their rows.
  Result<void> execute(const std::string& sql) const;

  const std::filesystem::path& path() const { return connection_->path; }
  // The path as a message may name it: where it comes from a secret, only where that is kept.
  const std::string& shown_path() const { return connection_->shown; }
  bool is_wal() const { return connection_->is_wal; }
  bool is_in_transaction() const;
  std::int64_t changes() const;             // rows of the last INSERT, UPDATE or DELETE
  std::int64_t last_insert_row_id() const;  // of this connection
  // What the most recent failing call met, of this Database or one of its Statements.
  SqliteFailure last_failure() const { return connection_->last_failure; }
  // Which rule the most recent Constraint failure broke, and the names it is about (`users.email`):
  // columns or an index, never values.
  SqliteConstraint last_constraint() const { return connection_->last_constraint; }
  const std::string& constraint_subject() const { return connection_->constraint_subject; }
  // The collation that comparisons of a column use: `BINARY`, `NOCASE`, ...
  Result<std::string> collation(const std::string& table, const std::string& column) const;
  // Whether the transaction under way has left rows without those that they refer to, which its
  // commit would refuse. `PRAGMA defer_foreign_keys = OFF` forgets it.
  bool has_broken_references() const;
  // Makes a call that runs in another thread return with Transient.
  void interrupt() const;
  // For adapters beside this one that need more of SQLite than statements.
  sqlite3* handle() const { return connection_->handle; }

 private:
  explicit Database(std::unique_ptr<SqliteConnection> connection)
      : connection_(std::move(connection)) {}
  Result<void> configure(const OpenOptions& options, Mode mode);

  std::unique_ptr<SqliteConnection> connection_;
};

// One prepared statement, reusable through `reset`. Parameters count from 1, columns from 0.
// Bound text and bytes are copied. Column views last until the next `step` or `reset`.
class Statement {
 public:
  void bind_null(int parameter);
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);
  void bind_text(int parameter, std::string_view value);
  void bind_bytes(int parameter, std::string_view value);
  // For a function of ours that asks for this type (https://www.sqlite.org/bindptr.html).
  void bind_pointer(int parameter, void* value, const char* type);

  // True with a row at hand, false at the end.
  Result<bool> step();
  // Steps to the end and makes the statement ready for the next use.
  Result<void> run();
  // Ready for another use; bound values stay.
  void reset();

  int column_count() const;
  std::string_view column_name(int column) const;
  StorageClass storage_class(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;   // of a Text cell
  std::string_view bytes(int column) const;  // of a Blob or Text cell

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };

  Statement(std::unique_ptr<sqlite3_stmt, Finalize> handle, SqliteConnection& connection)
      : handle_(std::move(handle)), connection_(&connection) {}

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  SqliteConnection* connection_;  // of the Database, which outlives us
  int binding_failure_ = 0;       // a value SQLite would not take; reported by the next `step`
};

// Rolls back when it ends unless `commit` succeeded.
class Transaction {
 public:
  static Result<Transaction> begin_write(const Database& database);  // BEGIN IMMEDIATE
  static Result<Transaction> begin_read(const Database& database);   // one snapshot, no writes

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // After an error nothing is promised: whether the commit happened is read from the file again.
  Result<void> commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}
  void roll_back();

  const Database* database_;  // null once finished or moved from
};

// The one way a name enters SQL text: in double quotes, inner quotes doubled. Refuses an empty
// name, one with a NUL, one over 512 bytes.
Result<std::string> quote_identifier(std::string_view name);

}  // namespace mig::runtime
