#include "tests/app/sqlite_connection.hpp"

#include <sqlite3.h>

namespace mig::app {
namespace {

constexpr int kBusyMs = 1000;

SqlFailure kind_of(int code, std::string_view message) {
  if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED) return SqlFailure::Busy;
  if (code == SQLITE_CONSTRAINT_TRIGGER) return SqlFailure::Refused;
  if (message.starts_with("no such table")) return SqlFailure::TableGone;
  return SqlFailure::Other;
}

SqlError failure(sqlite3* handle) {
  const std::string message = sqlite3_errmsg(handle);
  return {kind_of(sqlite3_extended_errcode(handle), message), message};
}

void bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, index, *number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_bind_text(statement, index, text->data(), static_cast<int>(text->size()),
                      SQLITE_TRANSIENT);
  } else {
    sqlite3_bind_null(statement, index);
  }
}

SqlValue cell(sqlite3_stmt* statement, int column) {
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

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(const std::string& path) {
    const int opened = sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr);
    if (opened != SQLITE_OK) {
      const SqlError error = failure(handle_);
      sqlite3_close(handle_);
      throw error;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, kBusyMs);
    SqliteConnection::run("PRAGMA foreign_keys = ON", {});
  }
  ~SqliteConnection() override { sqlite3_close(handle_); }
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  std::vector<SqlRow> run(std::string_view sql, const SqlRow& values) override {
    sqlite3_stmt* statement = nullptr;
    const auto size = static_cast<int>(sql.size());
    if (sqlite3_prepare_v2(handle_, sql.data(), size, &statement, nullptr) != SQLITE_OK)
      throw failure(handle_);
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
      const SqlError error = failure(handle_);
      sqlite3_finalize(statement);
      throw error;
    }
    sqlite3_finalize(statement);
    return rows;
  }
  int changes() const override { return sqlite3_changes(handle_); }
  bool is_in_transaction() const override { return sqlite3_get_autocommit(handle_) == 0; }
  void begin(Mode mode) override { run(mode == Mode::Write ? "BEGIN IMMEDIATE" : "BEGIN", {}); }
  bool has_table(const std::string& name) override {
    return !run("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", {name}).empty();
  }
  bool is_server() const override { return false; }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace

std::unique_ptr<Connection> open_file(const std::string& path) {
  return std::make_unique<SqliteConnection>(path);
}

}  // namespace mig::app
