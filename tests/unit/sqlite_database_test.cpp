#include "runtime/stores/sqlite_database.hpp"

#include <cerrno>
#include <fstream>

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include "runtime/stores/sqlite_errors.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace mig::runtime;
using mig::tests::TemporaryFolder;

namespace {

Database open_new(const std::filesystem::path& path) {
  auto database = open_sqlite(path, Mode::Create);
  REQUIRE(database);
  return std::move(*database);
}

std::int64_t count(const Database& database, const std::string& sql) {
  auto statement = database.prepare(sql);
  REQUIRE(statement);
  REQUIRE(statement->step().value());
  return statement->integer(0);
}

}  // namespace

TEST_CASE("sqlite database: what is bound comes back as it was, and a statement is reusable") {
  TemporaryFolder folder;
  auto database = open_new(folder / "a.db");
  REQUIRE(database.execute("CREATE TABLE t(a, b, c, d, e)"));
  auto insert = database.prepare("INSERT INTO t VALUES(?, ?, ?, ?, ?)");
  REQUIRE(insert);
  for (int round = 0; round < 2; ++round) {
    insert->bind(1, std::int64_t{INT64_MIN});
    insert->bind(2, 0.1);
    insert->bind_text(3, std::string_view("a\0b", 3));
    insert->bind_bytes(4, {});
    insert->bind_null(5);
    REQUIRE(insert->run());
  }
  CHECK(database.changes() == 1);
  CHECK(last_insert_row_id(database) == 2);
  auto select = database.prepare("SELECT * FROM t");
  REQUIRE(select);
  REQUIRE(select->step().value());
  CHECK(select->column_count() == 5);
  CHECK(select->column_name(2) == "c");
  CHECK(select->integer(0) == INT64_MIN);
  CHECK(select->real(1) == 0.1);
  CHECK(select->text(2) == std::string_view("a\0b", 3));
  CHECK(select->storage_class(3) == StorageClass::Blob);
  CHECK(select->bytes(3).empty());
  CHECK(select->storage_class(4) == StorageClass::Null);
}

TEST_CASE("sqlite database: a transaction that is not committed never was") {
  TemporaryFolder folder;
  auto database = open_new(folder / "a.db");
  REQUIRE(database.execute("CREATE TABLE t(a)"));
  {
    auto transaction = Transaction::begin_write(database);
    REQUIRE(transaction);
    REQUIRE(database.execute("INSERT INTO t VALUES(1)"));
  }
  CHECK(count(database, "SELECT count(*) FROM t") == 0);
  auto transaction = Transaction::begin_write(database);
  REQUIRE(transaction);
  REQUIRE(database.execute("INSERT INTO t VALUES(1)"));
  REQUIRE(transaction->commit());
  CHECK(count(database, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("sqlite database: each failure has its kind and its sentence, and none quotes a row") {
  TemporaryFolder folder;
  const auto path = folder / "a.db";
  auto database = open_new(path);
  REQUIRE(database.execute("CREATE TABLE t(a TEXT UNIQUE CHECK(a <> 'hunter2')) STRICT"));

  SECTION("locked") {
    auto holder = Transaction::begin_write(database);
    REQUIRE(holder);
    auto other = open_sqlite(path, Mode::ReadWrite, {.busy_wait = std::chrono::milliseconds(1)});
    REQUIRE(other);
    auto refused = Transaction::begin_write(*other);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Transient);
    CHECK(refused.error().message == "the database `" + path.string() + "` is locked");
    CHECK_FALSE(refused.error().help.empty());
    CHECK(other->last_failure() == SqlFailure::Busy);
  }
  SECTION("constraint") {
    REQUIRE(database.execute("INSERT INTO t VALUES('secret')"));
    for (const char* sql : {"INSERT INTO t VALUES('secret')", "INSERT INTO t VALUES('hunter2')"}) {
      auto refused = database.execute(sql);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::Conflict);
      CHECK(refused.error().message.find("secret") == std::string::npos);
      CHECK(refused.error().message.find("hunter2") == std::string::npos);
      CHECK(database.last_failure() == SqlFailure::Constraint);
    }
  }
  SECTION("full") {
    REQUIRE(database.execute("PRAGMA max_page_count = 3"));
    auto refused = database.execute("INSERT INTO t VALUES(hex(zeroblob(100000)))");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Permanent);
    CHECK(refused.error().message.starts_with("the disk is full"));
    CHECK(database.last_failure() == SqlFailure::Full);
  }
  SECTION("read only") {
    auto reader = open_sqlite(path, Mode::ReadOnly);
    REQUIRE(reader);
    auto refused = reader->execute("INSERT INTO t VALUES('x')");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Permanent);
    CHECK(refused.error().message.ends_with("is read-only"));
  }
  SECTION("absent") {
    auto absent = open_sqlite(folder / "none.db", Mode::ReadWrite);
    REQUIRE_FALSE(absent);
    CHECK(absent.error().kind == ErrorKind::Permanent);
    CHECK(absent.error().message.ends_with("cannot be opened"));
    CHECK_FALSE(std::filesystem::exists(folder / "none.db"));
  }
  SECTION("not a database") {
    std::ofstream(folder / "text") << std::string(5000, 'x');
    auto refused = open_sqlite(folder / "text", Mode::ReadWrite);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "`" + (folder / "text").string() + "` is not a SQLite database");
  }
}

TEST_CASE("sqlite database: a user's WAL file stays in WAL mode and is not checkpointed by us") {
  TemporaryFolder folder;
  const auto path = folder / "a.db";
  auto application = open_new(path);
  REQUIRE(application.execute("PRAGMA journal_mode = WAL; CREATE TABLE t(a)"));
  {
    auto ours = open_sqlite(path, Mode::ReadWrite);
    REQUIRE(ours);
    CHECK(is_wal(*ours));
    CHECK(count(*ours, "PRAGMA wal_autocheckpoint") == 0);
    REQUIRE(ours->execute("INSERT INTO t VALUES(1)"));
  }
  { auto last = std::move(application); }
  auto again = open_sqlite(path, Mode::ReadWrite);
  REQUIRE(again);
  CHECK(is_wal(*again));
  CHECK(count(*again, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("sqlite database: the schema of a file cannot be rewritten behind its back") {
  TemporaryFolder folder;
  auto database = open_new(folder / "a.db");
  REQUIRE(database.execute("CREATE TABLE t(a); PRAGMA writable_schema = ON"));
  CHECK_FALSE(database.execute("UPDATE sqlite_schema SET sql = 'CREATE TABLE t(b)'"));
  CHECK(count(database, "PRAGMA trusted_schema") == 0);
  CHECK(count(database, "PRAGMA cell_size_check") == 1);
}

TEST_CASE("sqlite database: names are quoted in one way, and impossible ones refused") {
  CHECK(quote_identifier("order").value() == "\"order\"");
  CHECK(quote_identifier("a\"b").value() == "\"a\"\"b\"");
  CHECK(quote_identifier("ü ;--").value() == "\"ü ;--\"");
  CHECK_FALSE(quote_identifier(""));
  CHECK_FALSE(quote_identifier(std::string_view("a\0b", 3)));
  CHECK(quote_identifier(std::string(512, 'a')));
  CHECK_FALSE(quote_identifier(std::string(513, 'a')));
}

TEST_CASE("sqlite database: a full disk is known behind every code that hides it") {
  const auto cause = [](int code, int system_error) {
    return sqlite_error(code, SqliteConnection{}, "", system_error).cause;
  };
  CHECK(cause(SQLITE_FULL, 0) == Cause::DiskFull);
  CHECK(cause(SQLITE_CANTOPEN, ENOSPC) == Cause::DiskFull);
  CHECK(cause(SQLITE_IOERR_FSYNC, ENOSPC) == Cause::DiskFull);
  CHECK(cause(SQLITE_IOERR_WRITE, EDQUOT) == Cause::DiskFull);
  CHECK(cause(SQLITE_IOERR_WRITE, EIO) == Cause::Other);
  CHECK(cause(SQLITE_CANTOPEN, EACCES) == Cause::Other);
  CHECK(cause(SQLITE_BUSY, ENOSPC) == Cause::Other);  // of an earlier call
}
