// A PostgreSQL 15 of the test binary's own: started when it is first asked for, gone with the
// process, however that ends. A machine without PostgreSQL fails the test.
//
// tests/support/postgres.sh does the work; its guard waits at a pipe that only we hold. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace mig::tests {

class PostgresServer {
 public:
  // The binary's server. Tests share it and take a database each.
  static PostgresServer& shared();
  // A server of the caller's own, for tests that end it.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // The URL of a fresh, empty database.
  std::string create_database();
  // The same place for another role; the server asks nobody for a password.
  std::string as_role(const std::string& url, std::string_view role) const;
  // Runs SQL in a database, outside of everything that is tested. Ends the test on an error.
  void run(const std::string& url, const std::string& sql) const;
  // The first cell of the first row.
  std::string ask(const std::string& url, const std::string& sql) const;

  void kill();     // as a crash does: nothing is flushed, every connection is lost
  void restart();  // after `kill`; the URLs stay

 private:
  void call(const std::string& verb) const;

  std::filesystem::path folder_;
  std::string url_;  // of the database `postgres`
  pid_t guard_ = 0;
  int leash_ = -1;  // closing it ends the guard, and with it the server
  int databases_ = 0;
};

}  // namespace mig::tests
