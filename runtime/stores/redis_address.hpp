// Where a Redis server is and who we are there, read from a URL.
//
//   redis://[user[:password]@]host[:port][/database]      plain TCP; port 6379, database 0
//   rediss://…                                            the same inside TLS
//   unix:///path[?db=N]   redis+socket://[user[:password]@]/path[?db=N]   a socket of this machine
//
// User, password and path may be percent-encoded; an IPv6 host stands in brackets; `?db=N` is read
// in every form. What is shown never holds a user or password. Immutable; movable only, like the
// password it keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/secret.hpp"

namespace mig::runtime {

struct RedisAddress {
  std::string host;  // empty for a socket of this machine
  std::uint16_t port = 6379;
  std::string socket;  // its path
  bool is_tls = false;
  std::string user;                // empty: the server's default user
  std::optional<Secret> password;  // absent: nobody is asked for one
  std::uint32_t database = 0;
  std::string shown;  // for messages: `redis://cache:6379/0`

  // Permanent; the message repeats nothing of the URL, which may hold a password anywhere.
  static Result<RedisAddress> parse(std::string_view url);
};

}  // namespace mig::runtime
