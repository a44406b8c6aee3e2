#include "tests/support/postgres_server.hpp"

#include <catch2/catch.hpp>

using mig::tests::PostgresServer;

TEST_CASE("each test has a database of its own, on a server that can do what moves need") {
  PostgresServer& server = PostgresServer::shared();
  const std::string left = server.create_database();
  const std::string right = server.create_database();
  server.run(left, "CREATE TABLE t(i int)");
  CHECK(server.ask(right, "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == "0");
  CHECK(server.ask(left, "SHOW wal_level") == "logical");
  CHECK(server.ask(left, "SHOW max_prepared_transactions") == "10");
  CHECK(server.ask(left, "SHOW server_encoding") == "UTF8");
  CHECK(server.ask(left, "SELECT datcollate FROM pg_database LIMIT 1") == "C.UTF-8");
}

TEST_CASE("a test server of one's own comes back after a crash with its URLs") {
  PostgresServer server;
  const std::string url = server.create_database();
  server.run(url, "CREATE TABLE t(i int)");
  server.run(url, "CHECKPOINT");
  server.kill();
  CHECK_THROWS(server.run(url, "SELECT 1"));
  server.restart();
  CHECK(server.ask(url, "SELECT count(*) FROM t") == "0");
}
