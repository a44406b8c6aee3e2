#include "runtime/stores/postgres_database.hpp"

#include <future>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/postgres_server.hpp"

using mig::runtime::Database;
using mig::runtime::Error;
using mig::runtime::ErrorKind;
using mig::runtime::open_postgres;
using mig::runtime::SqlConstraint;
using mig::runtime::SqlFailure;
using mig::runtime::Statement;
using mig::runtime::StorageClass;
using mig::runtime::Transaction;
using mig::tests::PostgresServer;

namespace {

Database opened(const std::string& url, mig::runtime::PostgresOptions options = {}) {
  auto database = open_postgres(url, std::move(options));
  if (!database) FAIL(database.error().message);
  return std::move(*database);
}

Database fresh() {
  return opened(PostgresServer::shared().create_database());
}

Statement prepared(const Database& database, const char* sql) {
  auto statement = database.prepare(sql);
  if (!statement) FAIL(statement.error().message);
  return std::move(*statement);
}

void run(const Database& database, const std::string& sql) {
  const auto done = database.execute(sql);
  if (!done) FAIL(done.error().message);
}

std::string one(const Database& database, const char* sql) {
  Statement statement = prepared(database, sql);
  REQUIRE(statement.step().value());
  return std::string(statement.text(0));
}

// A message as a golden would hold it: without the place, which differs from run to run.
std::string said(const Database& database, const Error& error) {
  std::string text = error.message + (error.help.empty() ? "" : "; " + error.help);
  const std::string& place = database.shown_place();
  for (auto at = text.find(place); at != text.npos; at = text.find(place))
    text.replace(at, place.size(), "DB");
  return text;
}

}  // namespace

TEST_CASE("a statement binds and reads every class of cell") {
  const Database database = fresh();
  CHECK(database.dialect() == mig::runtime::Dialect::Postgres);
  run(database,
      "CREATE TABLE t(i int, b bool, f float8, x text, y bytea, n numeric, w timestamptz)");
  Statement put = prepared(database, "INSERT INTO t VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  put.bind(1, std::int64_t{-5});
  put.bind(2, std::int64_t{1});
  put.bind(3, 0.1);
  put.bind_text(4, "naïve ' ?");
  put.bind_bytes(5, std::string_view("\0\x01?\xff", 4));
  put.bind_text(6, "123456789012345678901234567890.5");
  put.bind_text(7, "2026-01-02T03:04:05Z");
  REQUIRE(put.run());
  CHECK(database.changes() == 1);
  for (int i = 1; i <= 7; ++i)
    put.bind_null(i);
  REQUIRE(put.run());

  Statement rows = prepared(database, "SELECT * FROM t ORDER BY i");
  CHECK(rows.column_count() == 7);
  CHECK(rows.column_name(3) == "x");
  REQUIRE(rows.step().value());
  CHECK(rows.storage_class(0) == StorageClass::Integer);
  CHECK(rows.integer(0) == -5);
  CHECK(rows.text(0) == "-5");
  CHECK(rows.storage_class(1) == StorageClass::Integer);
  CHECK(rows.integer(1) == 1);
  CHECK(rows.storage_class(2) == StorageClass::Real);
  CHECK(rows.real(2) == 0.1);
  CHECK(rows.text(3) == "naïve ' ?");
  CHECK(rows.storage_class(4) == StorageClass::Blob);
  CHECK(rows.bytes(4) == std::string_view("\0\x01?\xff", 4));
  CHECK(rows.storage_class(5) == StorageClass::Text);
  CHECK(rows.text(5) == "123456789012345678901234567890.5");
  CHECK(rows.text(6) == "2026-01-02 03:04:05+00");
  REQUIRE(rows.step().value());
  for (int i = 0; i < 7; ++i)
    CHECK(rows.storage_class(i) == StorageClass::Null);
  CHECK_FALSE(rows.step().value());
}

TEST_CASE("a text with U+0000 is refused, not cut") {
  const Database database = fresh();
  run(database, "CREATE TABLE t(x text)");
  Statement put = prepared(database, "INSERT INTO t VALUES(?1)");
  put.bind_text(1, std::string_view("a\0b", 3));
  const auto refused = put.run();
  REQUIRE_FALSE(refused);
  CHECK(said(database, refused.error()) ==
        "the database `DB` takes no text with U+0000; PostgreSQL has no such text; take it out in "
        "the transform");
  put.bind_text(1, "fine");
  CHECK(put.run());
  CHECK(one(database, "SELECT count(*) FROM t") == "1");
}

TEST_CASE("another statement may run between two rows of the first one") {
  const Database database = fresh();
  run(database, "CREATE TABLE t(i int, x text)");
  run(database, "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i");
  for (const bool in_transaction : {false, true}) {
    if (in_transaction) run(database, "BEGIN");
    Statement rows = prepared(database, "SELECT i, x, NULL FROM t ORDER BY i");
    Statement other = prepared(database, "SELECT x FROM t WHERE i = ?1");
    std::int64_t read = 0;
    while (rows.step().value()) {
      REQUIRE(rows.integer(0) == ++read);
      if (read % 5000 != 1) continue;
      CHECK(database.is_in_transaction() == in_transaction);
      other.bind(1, read);
      REQUIRE(other.step().value());  // 20 MB wait meanwhile, most of them in a file
      CHECK(other.text(0).size() == 1000);
      CHECK(rows.text(1).size() == 1000);
      CHECK(rows.storage_class(2) == StorageClass::Null);
      other.reset();
    }
    CHECK(read == 20000);
    CHECK(rows.step().value());  // and it runs again from the start
    CHECK(rows.integer(0) == 1);
    rows.reset();
    if (in_transaction) run(database, "COMMIT");
  }
}

TEST_CASE("broken constraints are named by their columns, without values") {
  const Database database = fresh();
  run(database,
      "CREATE TABLE users(id int PRIMARY KEY, email text NOT NULL UNIQUE, "
      "age int CONSTRAINT grown CHECK (age > 17), UNIQUE(age, email))");
  run(database, "CREATE TABLE orders(id int, user_id int REFERENCES users)");
  run(database, "CREATE UNIQUE INDEX lowered ON users(lower(email))");
  run(database, "INSERT INTO users VALUES(1, 'secret@x', 20)");
  struct Case {
    const char* sql;
    SqlConstraint constraint;
    const char* subject;
  };
  const Case cases[] = {
      {"INSERT INTO users VALUES(1, 'b', 20)", SqlConstraint::Unique, "users.id"},
      {"INSERT INTO users VALUES(2, 'secret@x', 21)", SqlConstraint::Unique, "users.email"},
      {"INSERT INTO users VALUES(2, 'SECRET@x', 21)", SqlConstraint::Unique, "lowered"},
      {"INSERT INTO users VALUES(2, NULL, 20)", SqlConstraint::NotNull, "users.email"},
      {"INSERT INTO users VALUES(2, 'b', 5)", SqlConstraint::Check, "grown"},
      {"INSERT INTO orders VALUES(1, 77)", SqlConstraint::ForeignKey, "orders.user_id"},
      {"DO $$ BEGIN RAISE 'secret@x'; END $$", SqlConstraint::Other, ""},
  };
  for (const Case& it : cases) {
    INFO(it.sql);
    const auto refused = database.execute(it.sql);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Conflict);
    CHECK(said(database, refused.error()) ==
          "the database `DB` refuses a row: a constraint does not hold; look at the table's keys, "
          "checks and triggers");
    CHECK(database.last_failure() == SqlFailure::Constraint);
    CHECK(database.last_constraint() == it.constraint);
    CHECK(database.constraint_subject() == it.subject);
    const auto statement = prepared(database, it.sql).run();
    REQUIRE_FALSE(statement);
    CHECK(statement.error().message == refused.error().message);
    CHECK(database.constraint_subject() == it.subject);
  }
}

TEST_CASE("after an error a transaction goes on from its savepoint") {
  const Database database = fresh();
  run(database, "CREATE TABLE t(i int PRIMARY KEY)");
  {
    auto transaction = Transaction::begin_write(database);
    REQUIRE(transaction);
    CHECK(database.is_in_transaction());
    Statement put = prepared(database, "INSERT INTO t VALUES(?1)");
    put.bind(1, std::int64_t{1});
    REQUIRE(put.run());
    run(database, "SAVEPOINT mark");
    CHECK_FALSE(put.run());
    CHECK(database.last_constraint() == SqlConstraint::Unique);
    CHECK(database.is_in_transaction());
    const auto waiting = database.execute("SELECT 1");
    REQUIRE_FALSE(waiting);
    CHECK(said(database, waiting.error()) ==
          "the database `DB` waits for the rollback of a transaction in which a statement failed; "
          "roll back, to a savepoint or all of it");
    run(database, "ROLLBACK TO mark");
    put.bind(1, std::int64_t{2});
    REQUIRE(put.run());
    REQUIRE(transaction->commit());
  }
  CHECK(one(database, "SELECT count(*) FROM t") == "2");
  {
    auto transaction = Transaction::begin_write(database);
    run(database, "DELETE FROM t");
    CHECK(database.changes() == 2);
  }
  CHECK_FALSE(database.is_in_transaction());
  CHECK(one(database, "SELECT count(*) FROM t") == "2");
  auto look = Transaction::begin_read(database);
  CHECK_FALSE(database.execute("DELETE FROM t"));
  CHECK(database.last_failure() == SqlFailure::ReadOnly);
}

TEST_CASE("a transaction in which a statement failed does not commit") {
  const Database database = fresh();
  run(database, "CREATE TABLE t(i int PRIMARY KEY)");
  {
    auto transaction = Transaction::begin_write(database);
    run(database, "INSERT INTO t VALUES(1)");
    CHECK_FALSE(database.execute("INSERT INTO t VALUES(1)"));
    const auto refused = transaction->commit();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Permanent);
  }
  CHECK_FALSE(database.is_in_transaction());
  CHECK(one(database, "SELECT count(*) FROM t") == "0");
  // And one whose constraint is looked at in the end says so then.
  run(database, "CREATE TABLE late(i int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  auto transaction = Transaction::begin_write(database);
  run(database, "INSERT INTO late VALUES(7), (7)");
  const auto refused = transaction->commit();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Conflict);
  CHECK(database.constraint_subject() == "late.i");
  CHECK_FALSE(database.is_in_transaction());
}

TEST_CASE("what the server refuses is said in a sentence, without values") {
  PostgresServer& server = PostgresServer::shared();
  const std::string url = server.create_database();
  const Database database = opened(url);
  run(database, "CREATE TABLE users(id int, name varchar(3)); INSERT INTO users VALUES(1, 'abc')");
  run(database, "DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN");
  const Database guest = opened(server.as_role(url, "guest"));
  const Database reader = opened(url, {.noun = "store `app`", .writes = false});

  const auto refusal = [](const Database& by, const char* sql) {
    const auto refused = by.execute(sql);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Permanent);
    return said(by, refused.error());
  };
  CHECK(refusal(database, "SELECT * FROM nobody") ==
        "the database `DB` refuses a statement: relation \"nobody\" does not exist");
  CHECK(
      refusal(database, "INSERT INTO users VALUES(1, 'secret')") ==
      "the database `DB` refuses a value: a text is longer than its column takes (22001); compare "
      "the plan's types with the table's");
  CHECK(refusal(database, "INSERT INTO users VALUES(cast(1e10 AS int8), 'a')") ==
        "the database `DB` refuses a value: a number is out of its column's range (22003); compare "
        "the plan's types with the table's");
  CHECK(refusal(guest, "SELECT * FROM users") ==
        "the database `DB` refuses a statement: permission denied for table users; have its owner "
        "run `GRANT SELECT ON TABLE users TO guest`");
  CHECK(refusal(guest, "UPDATE users SET id = 2") ==
        "the database `DB` refuses a statement: permission denied for table users; have its owner "
        "run `GRANT SELECT, UPDATE ON TABLE users TO guest`");
  CHECK(
      refusal(guest, "CREATE TABLE mine(i int)") ==
      "the database `DB` refuses a statement: permission denied for schema public; have its owner "
      "run `GRANT CREATE, USAGE ON SCHEMA public TO guest`");
  CHECK(guest.last_failure() == SqlFailure::Denied);
  CHECK(refusal(guest, "DROP TABLE users") ==
        "the database `DB` refuses a statement: must be owner of table users; let `guest` own it: "
        "`GRANT` the owning role to `guest`, or `ALTER … OWNER TO`");
  CHECK(refusal(reader, "DELETE FROM users") ==
        "the store `app` `DB` takes no writes; connect to the primary, or open it for writing");
  CHECK_FALSE(database.prepare("SELEC 1"));
}

TEST_CASE("a lock that does not come free and a deadlock are transient") {
  const std::string url = PostgresServer::shared().create_database();
  const Database holder = opened(url);
  const Database other = opened(url, {.lock_wait = std::chrono::milliseconds(10)});
  run(holder, "CREATE TABLE t(i int); INSERT INTO t VALUES(1)");
  run(holder, "BEGIN; UPDATE t SET i = 2");
  const auto refused = other.execute("UPDATE t SET i = 3");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::Transient);
  CHECK(other.last_failure() == SqlFailure::Busy);
  run(holder, "COMMIT");
  run(holder, "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(i) FROM t");
  run(other, "UPDATE t SET i = 4");
  const auto outdated = holder.execute("UPDATE t SET i = 5");
  REQUIRE_FALSE(outdated);
  CHECK(outdated.error().kind == ErrorKind::Transient);
  CHECK(holder.last_failure() == SqlFailure::Busy);
  run(holder, "ROLLBACK");
}

TEST_CASE("a lost connection says so and stays lost") {
  PostgresServer server;
  const std::string url = server.create_database();
  const Database database = opened(url);
  Statement look = prepared(database, "SELECT 1");
  REQUIRE(look.run());
  server.run(url,
             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
             "WHERE application_name = 'mig'");
  const auto first = look.run();
  REQUIRE_FALSE(first);
  CHECK(first.error().kind == ErrorKind::Transient);
  CHECK(database.last_failure() == SqlFailure::Lost);
  CHECK(database.is_lost());
  CHECK_FALSE(database.is_in_transaction());
  CHECK_FALSE(database.execute("SELECT 1"));
  CHECK(database.is_lost());

  const Database again = opened(url);
  run(again, "BEGIN; CREATE TABLE t(i int)");
  server.kill();
  const auto gone = again.execute("COMMIT");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::Transient);
  CHECK(again.is_lost());
  const auto closed = open_postgres(url);
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind == ErrorKind::Transient);
  CHECK(closed.error().message.ends_with("cannot be reached: nobody listens there"));
  server.restart();
  CHECK(one(opened(url), "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == "0");
}

TEST_CASE("no message holds a password") {
  const auto refusal = [](const std::string& url) {
    const auto refused = open_postgres(url);
    REQUIRE_FALSE(refused);
    const std::string text = refused.error().message + refused.error().help;
    CHECK(text.find("hunter2") == text.npos);
    return refused.error().message;
  };
  CHECK(refusal("postgresql://me:hunter2@127.0.0.1:1/shop") ==
        "the database `postgresql://me@127.0.0.1:1/shop` cannot be reached: nobody listens there");
  CHECK(refusal("postgresql://me:p@hunter2@127.0.0.1:1/shop") ==
        "the URL of a PostgreSQL database has an `@` that ends no role and password");
  refusal("postgresql://me:hunter2@127.0.0.1:port/shop");
  CHECK(refusal("postgres://me:hunter2@[::1/shop") ==
        "the URL of a PostgreSQL database cannot be read");
  CHECK(refusal("host=127.0.0.1 port=1 user=me password=hunter2 dbname=shop") ==
        "the database `postgresql://me@127.0.0.1:1/shop` cannot be reached: nobody listens there");
}

TEST_CASE("a session means the same whatever the server's defaults are") {
  const std::string url = PostgresServer::shared().create_database();
  PostgresServer::shared().run(
      url,
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', "
      "current_database()); EXECUTE format('ALTER DATABASE %I SET DateStyle = ''SQL, DMY''', "
      "current_database()); EXECUTE format('ALTER DATABASE %I SET search_path = ''own''', "
      "current_database()); END $$");
  const Database database = opened(url, {.idle_limit = std::chrono::milliseconds(5000)});
  CHECK(one(database, "SELECT timestamptz '2026-01-02T03:04:05Z'") == "2026-01-02 03:04:05+00");
  CHECK(one(database, "SELECT 0.1::float8 + 0.2::float8") == "0.30000000000000004");
  CHECK(one(database, "SHOW application_name") == "mig");
  CHECK(one(database, "SHOW lock_timeout") == "2s");
  CHECK(one(database, "SHOW statement_timeout") == "0");
  CHECK(one(database, "SHOW idle_in_transaction_session_timeout") == "5s");
  CHECK(one(database, "SHOW search_path") == "own");
  run(database,
      "SET search_path = public; CREATE TABLE t(i int, b text COLLATE \"C\", "
      "x text COLLATE \"und-x-icu\", d text)");
  CHECK(database.collation("t", "i").value() == "BINARY");
  CHECK(database.collation("t", "b").value() == "BINARY");
  CHECK(database.collation("t", "x").value() == "und-x-icu");
  CHECK(database.collation("t", "d").value() == "BINARY");  // the database's own, C.UTF-8
  CHECK_FALSE(database.collation("t", "nobody"));
}

TEST_CASE("a running statement can be interrupted from elsewhere") {
  PostgresServer& server = PostgresServer::shared();
  const std::string url = server.create_database();
  const Database database = opened(url);
  run(database, "CREATE TABLE t(i int); INSERT INTO t VALUES(1)");
  // Another session holds the row, and its trigger-free wait is what gets interrupted; so nothing
  // here depends on how fast the machine is.
  const Database holder = opened(url);
  run(holder, "BEGIN; UPDATE t SET i = 2");
  run(database, "SET lock_timeout = 0");
  auto waiting = std::async(std::launch::async, [&] { return database.execute("DELETE FROM t"); });
  while (server.ask(url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") ==
         "0") {
  }
  database.interrupt();
  const auto ended = waiting.get();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().kind == ErrorKind::Transient);
  CHECK(database.last_failure() == SqlFailure::Interrupted);
  run(holder, "ROLLBACK");
  CHECK(one(database, "SELECT i FROM t") == "1");
}
