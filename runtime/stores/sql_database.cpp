#include "runtime/stores/sql_database.hpp"

#include <utility>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

constexpr std::size_t kLongestName = 512;

}  // namespace

Result<Statement> Database::prepare(std::string_view sql) const {
  MIG_ASSIGN(prepared, behind_->prepare(sql));
  return Statement(std::move(prepared));
}

Result<void> Statement::run() {
  while (true) {
    MIG_ASSIGN(has_row, step());
    if (!has_row) break;
  }
  reset();
  return {};
}

Result<Transaction> Transaction::begin_write(const Database& database) {
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  MIG_TRY(database.execute(is_sqlite ? "BEGIN IMMEDIATE" : "BEGIN ISOLATION LEVEL READ COMMITTED"));
  return Transaction(database);
}

Result<Transaction> Transaction::begin_read(const Database& database) {
  const bool is_sqlite = database.dialect() == Dialect::Sqlite;
  MIG_TRY(database.execute(is_sqlite ? "BEGIN DEFERRED"
                                     : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ != nullptr) roll_back();
}

Result<void> Transaction::commit() {
  assert(database_ != nullptr && "a transaction ends once");
  auto committed = database_->execute("COMMIT");
  if (committed) {
    database_ = nullptr;
    return {};
  }
  roll_back();
  database_ = nullptr;
  return committed;
}

void Transaction::roll_back() {
  // The database has already rolled back by itself after some errors; then there is nothing to do.
  // A rollback that fails leaves what the next opening (SQLite's hot journal) or the end of the
  // connection (PostgreSQL) takes back.
  if (database_->is_in_transaction()) static_cast<void>(database_->execute("ROLLBACK"));
}

Result<std::string> quote_identifier(std::string_view name) {
  if (name.empty()) return fail(ErrorKind::Permanent, "a table or column without a name");
  if (name.find('\0') != std::string_view::npos) {
    return fail(ErrorKind::Permanent, "a table or column name with a NUL byte", "rename it");
  }
  if (name.size() > kLongestName) {
    return fail(ErrorKind::Permanent,
                fmt::format("a table or column name of {} bytes; the most is {}", name.size(),
                            kLongestName),
                "rename it");
  }
  std::string quoted = "\"";
  for (const char letter : name) {
    if (letter == '"') quoted += '"';
    quoted += letter;
  }
  return quoted + '"';
}

}  // namespace mig::runtime
