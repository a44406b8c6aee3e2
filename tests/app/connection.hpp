// An application's own access to a store: plain statements, a limit on waiting, and exceptions.
//
// Statements number their values `?1`, `?2`; of Redis, which knows none, redis_connection.hpp has
// more. The workload shares no code with what it judges. One
// thread a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mig::app {

// Busy: somebody else was in the way for too long. Refused: a trigger of the store said no. Taken:
// another row has that key. Lost: the server is gone, or this connection to it.
enum class SqlFailure : std::uint8_t { Other, Busy, Refused, TableGone, Taken, Lost };

class SqlError : public std::runtime_error {
 public:
  SqlError(SqlFailure kind, const std::string& message)
      : std::runtime_error(message), kind_(kind) {}
  bool is_busy() const { return kind_ == SqlFailure::Busy; }
  bool is_table_gone() const { return kind_ == SqlFailure::TableGone; }
  bool is_refused() const { return kind_ == SqlFailure::Refused || is_table_gone(); }
  bool is_taken() const { return kind_ == SqlFailure::Taken; }
  bool is_lost() const { return kind_ == SqlFailure::Lost; }

 private:
  SqlFailure kind_;
};

using SqlValue = std::variant<std::nullptr_t, std::int64_t, std::string>;
using SqlRow = std::vector<SqlValue>;

class Connection {
 public:
  // Reads of one moment, or writes.
  enum class Mode : std::uint8_t { Read, Write };

  virtual ~Connection() = default;

  virtual std::vector<SqlRow> run(std::string_view sql, const SqlRow& values = {}) = 0;
  // Rows that the last statement touched.
  virtual int changes() const = 0;
  virtual bool is_in_transaction() const = 0;
  virtual void begin(Mode mode) = 0;
  virtual bool has_table(const std::string& name) = 0;
  virtual bool is_server() const = 0;
  // The routing document of that name; nothing where there is none. `is_for_write`: it stays as it
  // is until the transaction ends, or the transaction does nothing.
  virtual std::optional<std::string> document(const std::string& table, const std::string& router,
                                              bool is_for_write);
};

// `postgresql://…`, or the path of a SQLite file that is there.
std::unique_ptr<Connection> open_connection(const std::string& place);

// Rolled back unless it is committed.
class Transaction {
 public:
  Transaction(Connection& connection, Connection::Mode mode) : connection_(connection) {
    connection_.begin(mode);
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
