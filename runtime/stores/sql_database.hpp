// A connection to a store that speaks SQL, its statements and transactions: what steps, control
// tables and journals are written over, whichever database stands behind them.
//
// `open_sqlite` (sqlite_database.hpp) or `open_postgres` (postgres_database.hpp) makes one. SQL is
// written with `?` or `?1` for parameters. Messages name the place and never a row's values. A
// Database and its Statements belong to one thread at a time, but for `interrupt`; Statements end
// before their Database does.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/result.hpp"

namespace mig::runtime {

enum class Dialect : std::uint8_t { Sqlite, Postgres };

// What a failing call met, where `ErrorKind` is too coarse for the caller.
enum class SqlFailure {
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
  Denied,  // the role lacks a privilege
  Lost,    // the connection; only another one helps
  Other,
};

// TooLarge: of a row, or of what an index keeps of it.
enum class SqlConstraint { None, Unique, NotNull, ForeignKey, Check, TooLarge, Other };

enum class StorageClass { Null, Integer, Real, Text, Blob };

// One value of a statement, bound or read. The bytes last as long as their source.
struct SqlCell {
  StorageClass storage = StorageClass::Null;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes;  // Text, Blob
};

// What stands behind a Statement. A reader of one dialect's cells takes that dialect's class.
class SqlStatement {
 public:
  virtual ~SqlStatement() = default;

  Dialect dialect() const { return dialect_; }

  // A value that is refused is reported by the next `step`.
  virtual void bind(int parameter, const SqlCell& value) = 0;
  virtual Result<bool> step() = 0;
  virtual void reset() = 0;
  virtual int column_count() const = 0;
  virtual std::string_view column_name(int column) const = 0;
  virtual StorageClass storage_class(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string_view bytes(int column) const = 0;

 protected:
  explicit SqlStatement(Dialect dialect) : dialect_(dialect) {}
  SqlStatement(const SqlStatement&) = delete;
  SqlStatement& operator=(const SqlStatement&) = delete;

 private:
  const Dialect dialect_;
};

// What stands behind a Database: the dialect's calls, and what its Statements share with it.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;

  virtual Result<std::unique_ptr<SqlStatement>> prepare(std::string_view sql) = 0;
  virtual Result<void> execute(const std::string& sql) = 0;
  virtual bool is_in_transaction() const = 0;
  virtual std::int64_t changes() const = 0;
  virtual Result<std::string> collation(const std::string& table, const std::string& column) = 0;
  virtual void interrupt() = 0;

  const Dialect dialect;
  std::string noun;   // what messages call it
  std::string shown;  // and its place, without secrets
  SqlFailure last_failure = SqlFailure::None;
  SqlConstraint last_constraint = SqlConstraint::None;
  std::string constraint_subject;
  bool is_lost = false;

 protected:
  explicit SqlConnection(Dialect spoken) : dialect(spoken) {}
  SqlConnection(const SqlConnection&) = delete;
  SqlConnection& operator=(const SqlConnection&) = delete;
};

// One prepared statement, reusable through `reset`. Parameters count from 1, columns from 0.
// Bound text and bytes are copied. Column views last until the next `step` or `reset`.
class Statement {
 public:
  explicit Statement(std::unique_ptr<SqlStatement> behind) : behind_(std::move(behind)) {}

  void bind_null(int parameter) { behind_->bind(parameter, {}); }
  void bind(int parameter, std::int64_t value) {
    behind_->bind(parameter, {.storage = StorageClass::Integer, .integer = value});
  }
  void bind(int parameter, double value) {
    behind_->bind(parameter, {.storage = StorageClass::Real, .real = value});
  }
  void bind_text(int parameter, std::string_view value) {
    behind_->bind(parameter, {.storage = StorageClass::Text, .bytes = value});
  }
  void bind_bytes(int parameter, std::string_view value) {
    behind_->bind(parameter, {.storage = StorageClass::Blob, .bytes = value});
  }

  // True with a row at hand, false at the end.
  Result<bool> step() { return behind_->step(); }
  // Steps to the end and makes the statement ready for the next use.
  Result<void> run();
  // Ready for another use; bound values stay.
  void reset() { behind_->reset(); }

  int column_count() const { return behind_->column_count(); }
  std::string_view column_name(int column) const { return behind_->column_name(column); }
  StorageClass storage_class(int column) const { return behind_->storage_class(column); }
  std::int64_t integer(int column) const { return behind_->integer(column); }
  double real(int column) const { return behind_->real(column); }
  std::string_view text(int column) const { return behind_->bytes(column); }   // of a Text cell
  std::string_view bytes(int column) const { return behind_->bytes(column); }  // Blob or Text

  // For adapters that need more of their own database than this.
  SqlStatement& behind() { return *behind_; }
  const SqlStatement& behind() const { return *behind_; }

 private:
  std::unique_ptr<SqlStatement> behind_;
};

class Database {
 public:
  explicit Database(std::unique_ptr<SqlConnection> behind) : behind_(std::move(behind)) {}

  Result<Statement> prepare(std::string_view sql) const;
  // Runs one or more statements and drops their rows.
  Result<void> execute(const std::string& sql) const { return behind_->execute(sql); }

  Dialect dialect() const { return behind_->dialect; }
  // The place as a message may name it: where it comes from a secret, only where that is kept.
  const std::string& shown_place() const { return behind_->shown; }
  bool is_in_transaction() const { return behind_->is_in_transaction(); }
  // Rows of the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const { return behind_->changes(); }
  // What the most recent failing call met, of this Database or one of its Statements.
  SqlFailure last_failure() const { return behind_->last_failure; }
  // Whether the connection is gone for good: whoever goes on opens another one.
  bool is_lost() const { return behind_->is_lost; }
  // Which rule the most recent Constraint failure broke, and the names it is about (`users.email`):
  // columns or an index, never values.
  SqlConstraint last_constraint() const { return behind_->last_constraint; }
  const std::string& constraint_subject() const { return behind_->constraint_subject; }
  // The collation that comparisons of a column use: `BINARY`, `NOCASE`, ...
  Result<std::string> collation(const std::string& table, const std::string& column) const {
    return behind_->collation(table, column);
  }
  // Makes a call that runs in another thread return with Transient.
  void interrupt() const { behind_->interrupt(); }

  // For adapters that need more of their own database than this.
  SqlConnection& behind() const { return *behind_; }

 private:
  std::unique_ptr<SqlConnection> behind_;
};

// Rolls back when it ends unless `commit` succeeded.
class Transaction {
 public:
  static Result<Transaction> begin_write(const Database& database);
  static Result<Transaction> begin_read(const Database& database);  // one snapshot, no writes

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // After an error nothing is promised: whether the commit happened is read from the store again.
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
