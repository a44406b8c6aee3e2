// SQLite behind the handles of sql_database.hpp: what the journal and the SQLite store adapter
// stand on.
//
// Every file is treated as untrusted input: no extension loads, no schema runs code, the defensive
// switch is on. Waiting for a lock has a bound. What only SQLite has is a function here that takes
// a Database or Statement and requires that it is one of SQLite's.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace mig::runtime {

enum class Mode { ReadOnly, ReadWrite, Create };

struct OpenOptions {
  std::chrono::milliseconds busy_wait{5000};  // the longest wait for somebody else's lock
  std::string noun = "database";              // what messages call the file
  std::string shown;                          // and its place; empty: the path
};

// Never changes the journal mode of the file. A file in WAL mode gets no checkpoint from us,
// neither while it is open nor when it closes: its application decides that.
Result<Database> open_sqlite(const std::filesystem::path& path, Mode mode,
                             OpenOptions options = {});

const std::filesystem::path& path_of(const Database& sqlite);
bool is_wal(const Database& sqlite);
std::int64_t last_insert_row_id(const Database& sqlite);  // of this connection
// Whether the transaction under way has left rows without those that they refer to, which its
// commit would refuse. `PRAGMA defer_foreign_keys = OFF` forgets it.
bool sqlite_has_broken_references(const Database& sqlite);
// For adapters beside this one that need more of SQLite than statements.
sqlite3* sqlite_handle(const Database& sqlite);

class SqliteConnection final : public SqlConnection {
 public:
  SqliteConnection() : SqlConnection(Dialect::Sqlite) {}
  ~SqliteConnection() override;

  Result<std::unique_ptr<SqlStatement>> prepare(std::string_view sql) override;
  Result<void> execute(const std::string& sql) override;
  bool is_in_transaction() const override;
  std::int64_t changes() const override;
  Result<std::string> collation(const std::string& table, const std::string& column) override;
  void interrupt() override;

  sqlite3* handle = nullptr;
  std::filesystem::path path;
  bool is_wal = false;
};

// Readers of many cells take this class: its calls are not virtual then.
class SqliteStatement final : public SqlStatement {
 public:
  SqliteStatement(sqlite3_stmt* handle, SqliteConnection& connection)
      : SqlStatement(Dialect::Sqlite), handle_(handle), connection_(connection) {}
  ~SqliteStatement() override;

  void bind(int parameter, const SqlCell& value) override;
  // For a function of ours that asks for this type (https://www.sqlite.org/bindptr.html).
  void bind_pointer(int parameter, void* value, const char* type);
  Result<bool> step() override;
  void reset() override;
  int column_count() const override;
  std::string_view column_name(int column) const override;
  StorageClass storage_class(int column) const override;
  std::int64_t integer(int column) const override;
  double real(int column) const override;
  std::string_view bytes(int column) const override;
  SqlCell cell(int column) const;

 private:
  sqlite3_stmt* const handle_;
  SqliteConnection& connection_;  // of the Database, which outlives us
  int binding_failure_ = 0;       // a value SQLite would not take; reported by the next `step`
};

inline SqliteStatement& sqlite_statement(Statement& statement) {
  assert(statement.behind().dialect() == Dialect::Sqlite);
  return static_cast<SqliteStatement&>(statement.behind());
}

inline const SqliteStatement& sqlite_statement(const Statement& statement) {
  assert(statement.behind().dialect() == Dialect::Sqlite);
  return static_cast<const SqliteStatement&>(statement.behind());
}

}  // namespace mig::runtime
