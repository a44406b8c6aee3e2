// An application's own access to a SQLite file: plain statements, a busy timeout, and exceptions.
//
// The workload shares no code with what it judges. One thread a connection.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sqlite3.h>

namespace mig::app {

class SqlError : public std::runtime_error {
 public:
  SqlError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  bool is_busy() const { return (code_ & 0xFF) == SQLITE_BUSY || (code_ & 0xFF) == SQLITE_LOCKED; }
  bool is_table_gone() const { return std::string_view(what()).starts_with("no such table"); }
  // A trigger of the store refused the write, or the table is gone.
  bool is_refused() const { return code_ == SQLITE_CONSTRAINT_TRIGGER || is_table_gone(); }

 private:
  int code_;
};

using SqlValue = std::variant<std::nullptr_t, std::int64_t, std::string>;
using SqlRow = std::vector<SqlValue>;

class Connection {
 public:
  explicit Connection(const std::string& path, int busy_ms = 1000) {
    const int opened = sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr);
    if (opened != SQLITE_OK) {
      const SqlError error = failure();
      sqlite3_close(handle_);
      throw error;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, busy_ms);
    run("PRAGMA foreign_keys = ON");
  }
  ~Connection() { sqlite3_close(handle_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::vector<SqlRow> run(std::string_view sql, const SqlRow& values = {}) {
    sqlite3_stmt* statement = nullptr;
    const auto size = static_cast<int>(sql.size());
    if (sqlite3_prepare_v2(handle_, sql.data(), size, &statement, nullptr) != SQLITE_OK)
      throw failure();
    for (std::size_t i = 0; i < values.size(); ++i)
      bind(statement, static_cast<int>(i) + 1, values[i]);
    std::vector<SqlRow> rows;
    int stepped = SQLITE_ROW;
    while ((stepped = sqlite3_step(statement)) == SQLITE_ROW) {
      SqlRow row;
      for (int column = 0; column < sqlite3_column_count(statement); ++column)
        row.push_back(cell(statement, column));
      rows.push_back(std::move(row));
    }
    if (stepped != SQLITE_DONE) {
      const SqlError error = failure();
      sqlite3_finalize(statement);
      throw error;
    }
    sqlite3_finalize(statement);
    return rows;
  }
  int changes() const { return sqlite3_changes(handle_); }
  bool is_in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

 private:
  SqlError failure() const { return {sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_)}; }
  static void bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      sqlite3_bind_int64(statement, index, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      sqlite3_bind_text(statement, index, text->data(), static_cast<int>(text->size()),
                        SQLITE_TRANSIENT);
    } else {
      sqlite3_bind_null(statement, index);
    }
  }
  static SqlValue cell(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_NULL:
        return nullptr;
      case SQLITE_INTEGER:
        return std::int64_t{sqlite3_column_int64(statement, column)};
      default:
        return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                           static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
  }

  sqlite3* handle_ = nullptr;
};

// Rolled back unless it is committed.
class Transaction {
 public:
  Transaction(Connection& connection, std::string_view begin) : connection_(connection) {
    connection_.run(begin);
  }
  ~Transaction() {
    if (!connection_.is_in_transaction()) return;
    try {
      connection_.run("ROLLBACK");
    } catch (const SqlError&) {
      // The connection is closed next, which rolls back too.
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() { connection_.run("COMMIT"); }

 private:
  Connection& connection_;
};

}  // namespace mig::app
