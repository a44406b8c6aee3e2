#include "runtime/stores/redis_address.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::Permanent, fmt::format("the URL of a Redis store {}", what),
              "write `redis://[user[:password]@]host[:port][/database]`, `rediss://…` for TLS, or "
              "`unix:///path`");
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned value = 0;
    const char* const first = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(first, first + 2, value, 16).ptr != first + 2) {
      return std::nullopt;
    }
    plain += static_cast<char>(value);
    i += 2;
  }
  return plain;
}

// Takes what stands before the first `mark` off the front; all of it where there is none.
std::string_view take_until(std::string_view& rest, std::string_view marks) {
  const std::size_t end = std::min(rest.find_first_of(marks), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end);
  return taken;
}

Result<void> read_user(std::string_view text, RedisAddress& address) {
  const std::size_t colon = text.find(':');
  const auto user = decoded(text.substr(0, colon));
  if (!user) return malformed("has a user with a broken percent sign");
  address.user = *user;
  if (colon == text.npos) return {};
  const auto password = decoded(text.substr(colon + 1));
  if (!password) return malformed("has a password with a broken percent sign");
  address.password.emplace(*password);
  return {};
}

Result<void> read_host(std::string_view text, RedisAddress& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == text.npos) return malformed("has a `[` without its `]`");
    address.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
  } else {
    address.host = take_until(text, ":");
    port = text;
  }
  if (address.host.empty()) return malformed("names no host");
  if (port.empty()) return {};
  const auto value = number<std::uint16_t>(port.substr(1));
  if (port.front() != ':' || !value || *value == 0) return malformed("has a port that is none");
  address.port = *value;
  return {};
}

Result<void> read_database(std::string_view text, RedisAddress& address) {
  const auto value = number<std::uint32_t>(text);
  if (!value) return malformed("has a database that is no number");
  address.database = *value;
  return {};
}

Result<void> read_query(std::string_view query, RedisAddress& address) {
  while (!query.empty()) {
    query.remove_prefix(1);  // `?`, `&`
    const std::string_view setting = take_until(query, "&");
    if (!setting.starts_with("db=")) return malformed("has a setting other than `db`");
    MIG_TRY(read_database(setting.substr(3), address));
  }
  return {};
}

Result<void> read_place(std::string_view rest, bool is_socket, RedisAddress& address) {
  if (is_socket) {
    const auto path = decoded(take_until(rest, "?"));
    if (!path || !path->starts_with('/')) return malformed("has no absolute path of a socket");
    address.socket = *path;
  } else {
    MIG_TRY(read_host(take_until(rest, "/?"), address));
    if (rest.starts_with('/')) {
      rest.remove_prefix(1);
      const std::string_view database = take_until(rest, "?");
      if (!database.empty()) MIG_TRY(read_database(database, address));
    }
  }
  return read_query(rest, address);
}

}  // namespace

Result<RedisAddress> RedisAddress::parse(std::string_view url) {
  RedisAddress address;
  const std::size_t colon = url.find("://");
  if (colon == url.npos) return malformed("has no `://`");
  const std::string_view scheme = url.substr(0, colon);
  const bool is_socket = scheme == "unix" || scheme == "redis+socket";
  address.is_tls = scheme == "rediss";
  if (scheme != "redis" && !address.is_tls && !is_socket) {
    return malformed(
        "begins with neither `redis://`, `rediss://`, `unix://` nor "
        "`redis+socket://`");
  }
  std::string_view rest = url.substr(colon + 3);
  // The last one before the path: a password may hold one that is not encoded.
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    MIG_TRY(read_user(authority.substr(0, at), address));
    rest.remove_prefix(at + 1);
  }
  MIG_TRY(read_place(rest, is_socket, address));
  if (is_socket) {
    address.shown = fmt::format("unix://{}?db={}", address.socket, address.database);
    return address;
  }
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + address.host + "]" : address.host;
  address.shown = fmt::format("{}://{}:{}/{}", scheme, host, address.port, address.database);
  return address;
}

}  // namespace mig::runtime
