// A real redis-server of a test's own: on a socket in a temporary folder and on a free port of the
// loopback, as the user `redis` where the test runs as root.
//
// It dies with the thread that started it, however that ends. A server that is missing or does not
// start fails the test. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "tests/unit/temporary_folder.hpp"

namespace mig::tests {

struct RedisOptions {
  std::string password;            // of the default user; empty: none is asked for
  std::vector<std::string> users;  // ACL rules: `ada on >secret ~* +@all`
  bool tls = false;                // a second port, with a certificate for `localhost`
  std::string max_memory;          // `10mb`; empty: no limit
  std::string max_memory_policy = "noeviction";
  bool append_only = false;       // what was answered survives `kill`
  std::vector<std::string> more;  // further arguments
};

class RedisServer {
 public:
  explicit RedisServer(RedisOptions options = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  // `unix:///tmp/…/redis.sock`
  std::string url() const;
  // `redis://127.0.0.1:PORT`
  std::string tcp_url() const;
  // `rediss://localhost:PORT`; REQUIRES: `tls`.
  std::string tls_url() const;
  // Of whoever signed the server's certificate.
  std::string ca_file() const;
  std::uint16_t port() const { return port_; }
  std::string socket_path() const { return folder_ / "redis.sock"; }

  void kill();     // SIGKILL: what is not in the append-only file is lost
  void restart();  // at the same places, after `kill` or while it runs
  void stop();     // SIGSTOP: it keeps its connections and answers nobody
  void resume();

 private:
  void make_certificate() const;
  void start();
  std::vector<std::string> arguments() const;

  RedisOptions options_;
  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
  pid_t process_ = -1;
};

}  // namespace mig::tests
