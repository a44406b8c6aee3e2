#include "runtime/stores/sqlite_database.hpp"

#include <cassert>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "runtime/stores/sqlite_errors.hpp"

namespace mig::runtime {
namespace {

// A journal that its writer takes away in the moment in which it is looked at seems to be one that
// was left behind (pager.c, hasHotJournal), and who only reads may not put it right. One that was
// left is still there when it is looked at again.
constexpr int kLooksAtJournal = 50;
template <class Call>
int believed(const Call& call) {
  int code = call();
  for (int i = 0; i < kLooksAtJournal && code == SQLITE_READONLY_ROLLBACK; ++i) {
    sqlite3_sleep(1);
    code = call();
  }
  return code;
}

SqlConstraint constraint_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return SqlConstraint::Unique;
    case SQLITE_CONSTRAINT_NOTNULL:
      return SqlConstraint::NotNull;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return SqlConstraint::ForeignKey;
    case SQLITE_CONSTRAINT_CHECK:
      return SqlConstraint::Check;
    default:
      return (code & 0xff) == SQLITE_CONSTRAINT ? SqlConstraint::Other : SqlConstraint::None;
  }
}

std::unexpected<Error> failure(SqliteConnection& connection, int code, const char* detail) {
  const int system_error =
      connection.handle == nullptr ? 0 : sqlite3_system_errno(connection.handle);
  connection.last_failure = classify(code, system_error);
  connection.last_constraint = constraint_of(code);
  connection.constraint_subject.clear();
  // SQLite's text for these names columns and rules only: `UNIQUE constraint failed: users.email`.
  if (connection.last_constraint == SqlConstraint::Unique ||
      connection.last_constraint == SqlConstraint::NotNull ||
      connection.last_constraint == SqlConstraint::Check) {
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

// The first reads of the file: one that is no database says so here.
Result<void> configure(SqliteConnection& connection, const OpenOptions& options, Mode mode) {
  sqlite3* handle = connection.handle;
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_wait.count()));
  MIG_TRY(connection.execute("PRAGMA cell_size_check = ON"));
  if (mode == Mode::ReadOnly) MIG_TRY(connection.execute("PRAGMA query_only = ON"));
  MIG_ASSIGN(journal_mode, connection.prepare("PRAGMA journal_mode"));
  MIG_ASSIGN(has_row, journal_mode->step());
  MIG_ASSIGN(schema, connection.prepare("SELECT count(*) FROM sqlite_schema"));
  MIG_TRY(schema->step());
  connection.is_wal = has_row && journal_mode->bytes(0) == "wal";
  if (connection.is_wal) {
    sqlite3_wal_autocheckpoint(handle, 0);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  return {};
}

SqliteConnection& connection_of(const Database& database) {
  assert(database.dialect() == Dialect::Sqlite);
  return static_cast<SqliteConnection&>(database.behind());
}

}  // namespace

Result<Database> open_sqlite(const std::filesystem::path& path, Mode mode, OpenOptions options) {
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
  MIG_TRY(configure(*connection, options, mode));
  return Database(std::move(connection));
}

const std::filesystem::path& path_of(const Database& sqlite) {
  return connection_of(sqlite).path;
}

bool is_wal(const Database& sqlite) {
  return connection_of(sqlite).is_wal;
}

std::int64_t last_insert_row_id(const Database& sqlite) {
  return sqlite3_last_insert_rowid(connection_of(sqlite).handle);
}

bool sqlite_has_broken_references(const Database& sqlite) {
  int broken = 0;
  int ignored = 0;
  sqlite3_db_status(connection_of(sqlite).handle, SQLITE_DBSTATUS_DEFERRED_FKS, &broken, &ignored,
                    0);
  return broken != 0;
}

sqlite3* sqlite_handle(const Database& sqlite) {
  return connection_of(sqlite).handle;
}

SqliteConnection::~SqliteConnection() {
  sqlite3_close_v2(handle);
}

Result<std::unique_ptr<SqlStatement>> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = believed([&] {
    return sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                              SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  });
  if (code != SQLITE_OK) return failure(*this);
  assert(raw != nullptr && "empty SQL is our mistake");
  return std::make_unique<SqliteStatement>(raw, *this);
}

Result<void> SqliteConnection::execute(const std::string& sql) {
  const int code =
      believed([&] { return sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr); });
  return code == SQLITE_OK ? Result<void>() : failure(*this);
}

bool SqliteConnection::is_in_transaction() const {
  return sqlite3_get_autocommit(handle) == 0;
}

std::int64_t SqliteConnection::changes() const {
  return sqlite3_changes64(handle);
}

Result<std::string> SqliteConnection::collation(const std::string& table,
                                                const std::string& column) {
  const char* name = nullptr;
  const int code = sqlite3_table_column_metadata(handle, nullptr, table.c_str(), column.c_str(),
                                                 nullptr, &name, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(*this);
  return std::string(name == nullptr ? "BINARY" : name);
}

void SqliteConnection::interrupt() {
  sqlite3_interrupt(handle);
}

SqliteStatement::~SqliteStatement() {
  sqlite3_finalize(handle_);
}

void SqliteStatement::bind(int parameter, const SqlCell& value) {
  // An empty view may have no address, and SQLite reads a null address as NULL.
  const char* data = value.bytes.empty() ? "" : value.bytes.data();
  int code = SQLITE_OK;
  switch (value.storage) {
    case StorageClass::Null:
      code = sqlite3_bind_null(handle_, parameter);
      break;
    case StorageClass::Integer:
      code = sqlite3_bind_int64(handle_, parameter, value.integer);
      break;
    case StorageClass::Real:
      code = sqlite3_bind_double(handle_, parameter, value.real);
      break;
    case StorageClass::Text:
      code = sqlite3_bind_text64(handle_, parameter, data, value.bytes.size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
      break;
    case StorageClass::Blob:
      code = sqlite3_bind_blob64(handle_, parameter, data, value.bytes.size(), SQLITE_TRANSIENT);
      break;
  }
  if (code != SQLITE_OK) binding_failure_ = code;
}

void SqliteStatement::bind_pointer(int parameter, void* value, const char* type) {
  if (const int code = sqlite3_bind_pointer(handle_, parameter, value, type, nullptr)) {
    binding_failure_ = code;
  }
}

Result<bool> SqliteStatement::step() {
  if (const int code = std::exchange(binding_failure_, 0)) {
    return failure(connection_, code, sqlite3_errstr(code));
  }
  const int code = believed([&] { return sqlite3_step(handle_); });
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto failed = failure(connection_, code, sqlite3_errmsg(connection_.handle));
  sqlite3_reset(handle_);  // a statement left in the middle would keep its lock
  return failed;
}

void SqliteStatement::reset() {
  sqlite3_reset(handle_);
}

int SqliteStatement::column_count() const {
  return sqlite3_column_count(handle_);
}

std::string_view SqliteStatement::column_name(int column) const {
  return sqlite3_column_name(handle_, column);
}

StorageClass SqliteStatement::storage_class(int column) const {
  switch (sqlite3_column_type(handle_, column)) {
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

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

double SqliteStatement::real(int column) const {
  return sqlite3_column_double(handle_, column);
}

// A number is given as its text. A blob must not pass through text: in a file of UTF-16 that would
// convert it.
std::string_view SqliteStatement::bytes(int column) const {
  const bool is_blob = sqlite3_column_type(handle_, column) == SQLITE_BLOB;
  const void* data = is_blob ? sqlite3_column_blob(handle_, column)
                             : static_cast<const void*>(sqlite3_column_text(handle_, column));
  if (data == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return {static_cast<const char*>(data), size};
}

SqlCell SqliteStatement::cell(int column) const {
  SqlCell cell{.storage = storage_class(column)};
  switch (cell.storage) {
    case StorageClass::Null:
      break;
    case StorageClass::Integer:
      cell.integer = sqlite3_column_int64(handle_, column);
      break;
    case StorageClass::Real:
      cell.real = sqlite3_column_double(handle_, column);
      break;
    case StorageClass::Text:
    case StorageClass::Blob:
      cell.bytes = bytes(column);
      break;
  }
  return cell;
}

}  // namespace mig::runtime
