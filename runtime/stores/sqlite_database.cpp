#include "runtime/stores/sqlite_database.hpp"

#include <cassert>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "runtime/stores/sqlite_errors.hpp"

namespace mig::runtime {
namespace {

constexpr std::size_t kLongestName = 512;

SqliteConstraint constraint_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return SqliteConstraint::Unique;
    case SQLITE_CONSTRAINT_NOTNULL:
      return SqliteConstraint::NotNull;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return SqliteConstraint::ForeignKey;
    case SQLITE_CONSTRAINT_CHECK:
      return SqliteConstraint::Check;
    default:
      return (code & 0xff) == SQLITE_CONSTRAINT ? SqliteConstraint::Other : SqliteConstraint::None;
  }
}

std::unexpected<Error> failure(SqliteConnection& connection, int code, const char* detail) {
  const int system_error =
      connection.handle == nullptr ? 0 : sqlite3_system_errno(connection.handle);
  connection.last_failure = classify(code, system_error);
  connection.last_constraint = constraint_of(code);
  connection.constraint_subject.clear();
  // SQLite's text for these names columns and rules only: `UNIQUE constraint failed: users.email`.
  if (connection.last_constraint == SqliteConstraint::Unique ||
      connection.last_constraint == SqliteConstraint::NotNull ||
      connection.last_constraint == SqliteConstraint::Check) {
    const std::string_view text = detail;
    const auto colon = text.find(": ");
    if (colon != text.npos) connection.constraint_subject = text.substr(colon + 2);
  }
  return std::unexpected(sqlite_error(code, connection, detail, system_error));
}

std::unexpected<Error> failure(SqliteConnection& connection) {
  return failure(connection, sqlite3_extended_errcode(connection.handle),
                 sqlite3_errmsg(connection.handle));
}

int open_flags(Mode mode) {
  switch (mode) {
    case Mode::ReadOnly:
      return SQLITE_OPEN_READONLY;
    case Mode::ReadWrite:
      return SQLITE_OPEN_READWRITE;
    case Mode::Create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  assert(false && "every mode has its flags");
  return 0;
}

}  // namespace

SqliteConnection::~SqliteConnection() {
  sqlite3_close_v2(handle);
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

Result<Database> Database::open(const std::filesystem::path& path, Mode mode, OpenOptions options) {
  // Nobody asks SQLite how much memory it uses, and counting takes a lock at every allocation.
  [[maybe_unused]] static const int kCountingOff = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  auto connection = std::make_unique<SqliteConnection>();
  connection->path = path;
  connection->noun = std::move(options.noun);
  connection->shown = options.shown.empty() ? path.string() : std::move(options.shown);
  // A connection belongs to one thread at a time; sqlite3_interrupt alone may come from another,
  // and needs no mutex.
  const int flags = open_flags(mode) | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &connection->handle, flags, nullptr);
  if (code != SQLITE_OK) return failure(*connection, code, sqlite3_errstr(code));
  // SQLite falls back to reading by itself where it may not write; we say so instead.
  if (mode != Mode::ReadOnly && sqlite3_db_readonly(connection->handle, "main") == 1) {
    return failure(*connection, SQLITE_READONLY, "");
  }
  Database database(std::move(connection));
  MIG_TRY(database.configure(options, mode));
  return database;
}

Result<void> Database::configure(const OpenOptions& options, Mode mode) {
  sqlite3* handle = connection_->handle;
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_wait.count()));
  MIG_TRY(execute("PRAGMA cell_size_check = ON"));
  if (mode == Mode::ReadOnly) MIG_TRY(execute("PRAGMA query_only = ON"));
  // The first read of the file: one that is no database says so here.
  MIG_ASSIGN(journal_mode, prepare("PRAGMA journal_mode"));
  MIG_ASSIGN(has_row, journal_mode.step());
  MIG_ASSIGN(schema, prepare("SELECT count(*) FROM sqlite_schema"));
  MIG_TRY(schema.run());
  connection_->is_wal = has_row && journal_mode.text(0) == "wal";
  if (connection_->is_wal) {
    sqlite3_wal_autocheckpoint(handle, 0);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  std::unique_ptr<sqlite3_stmt, Statement::Finalize> handle(raw);
  if (code != SQLITE_OK) return failure(*connection_);
  assert(handle != nullptr && "empty SQL is our mistake");
  return Statement(std::move(handle), *connection_);
}

Result<void> Database::execute(const std::string& sql) const {
  if (sqlite3_exec(connection_->handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(*connection_);
  }
  return {};
}

bool Database::is_in_transaction() const {
  return sqlite3_get_autocommit(connection_->handle) == 0;
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(connection_->handle);
}

std::int64_t Database::last_insert_row_id() const {
  return sqlite3_last_insert_rowid(connection_->handle);
}

Result<std::string> Database::collation(const std::string& table, const std::string& column) const {
  const char* name = nullptr;
  const int code =
      sqlite3_table_column_metadata(connection_->handle, nullptr, table.c_str(), column.c_str(),
                                    nullptr, &name, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(*connection_);
  return std::string(name == nullptr ? "BINARY" : name);
}

bool Database::has_broken_references() const {
  int broken = 0;
  int ignored = 0;
  sqlite3_db_status(connection_->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &broken, &ignored, 0);
  return broken != 0;
}

void Database::interrupt() const {
  sqlite3_interrupt(connection_->handle);
}

void Statement::bind_null(int parameter) {
  if (const int code = sqlite3_bind_null(handle_.get(), parameter)) binding_failure_ = code;
}

void Statement::bind(int parameter, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(handle_.get(), parameter, value)) binding_failure_ = code;
}

void Statement::bind(int parameter, double value) {
  if (const int code = sqlite3_bind_double(handle_.get(), parameter, value)) {
    binding_failure_ = code;
  }
}

void Statement::bind_text(int parameter, std::string_view value) {
  // An empty view may have no address, and SQLite reads a null address as NULL.
  const char* data = value.empty() ? "" : value.data();
  if (const int code = sqlite3_bind_text64(handle_.get(), parameter, data, value.size(),
                                           SQLITE_TRANSIENT, SQLITE_UTF8)) {
    binding_failure_ = code;
  }
}

void Statement::bind_bytes(int parameter, std::string_view value) {
  const char* data = value.empty() ? "" : value.data();
  if (const int code =
          sqlite3_bind_blob64(handle_.get(), parameter, data, value.size(), SQLITE_TRANSIENT)) {
    binding_failure_ = code;
  }
}

void Statement::bind_pointer(int parameter, void* value, const char* type) {
  if (const int code = sqlite3_bind_pointer(handle_.get(), parameter, value, type, nullptr)) {
    binding_failure_ = code;
  }
}

Result<bool> Statement::step() {
  if (const int code = std::exchange(binding_failure_, 0)) {
    return failure(*connection_, code, sqlite3_errstr(code));
  }
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto failed = failure(*connection_, code, sqlite3_errmsg(connection_->handle));
  sqlite3_reset(handle_.get());  // a statement left in the middle would keep its lock
  return failed;
}

Result<void> Statement::run() {
  while (true) {
    MIG_ASSIGN(has_row, step());
    if (!has_row) break;
  }
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
}

int Statement::column_count() const {
  return sqlite3_column_count(handle_.get());
}

std::string_view Statement::column_name(int column) const {
  return sqlite3_column_name(handle_.get(), column);
}

StorageClass Statement::storage_class(int column) const {
  switch (sqlite3_column_type(handle_.get(), column)) {
    case SQLITE_INTEGER:
      return StorageClass::Integer;
    case SQLITE_FLOAT:
      return StorageClass::Real;
    case SQLITE_TEXT:
      return StorageClass::Text;
    case SQLITE_BLOB:
      return StorageClass::Blob;
    default:
      return StorageClass::Null;
  }
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(handle_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* data = sqlite3_column_text(handle_.get(), column);
  if (data == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {reinterpret_cast<const char*>(data), size};
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  if (data == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {static_cast<const char*>(data), size};
}

Result<Transaction> Transaction::begin_write(const Database& database) {
  MIG_TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Result<Transaction> Transaction::begin_read(const Database& database) {
  MIG_TRY(database.execute("BEGIN DEFERRED"));
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
  // SQLite has already rolled back by itself after some errors; then there is nothing to do, and a
  // rollback that fails leaves a hot journal which the next opening plays back.
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
