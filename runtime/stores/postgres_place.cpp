#include "runtime/stores/postgres_place.hpp"

#include <libpq-fe.h>
#include <map>
#include <memory>
#include <string_view>

#include <fmt/format.h>

namespace mig::runtime {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::map<std::string, std::string, std::less<>> options_of(const PQconninfoOption* option) {
  std::map<std::string, std::string, std::less<>> known;
  for (; option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr) known[option->keyword] = option->val;
  }
  return known;
}

// A password with a bare `@` or `/` goes on in what libpq takes for the host, the port or the name
// of the database, which are shown.
bool has_stray_at(std::string_view place) {
  const auto begin = place.find("://");
  if (begin == std::string_view::npos) return false;
  const std::string_view rest = place.substr(begin + 3, place.find('?') - begin - 3);
  const auto first = rest.find('@');
  if (first == std::string_view::npos) return false;
  return rest.find('@', first + 1) != std::string_view::npos || rest.find('/') < first;
}

}  // namespace

bool is_postgres_url(std::string_view place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

bool has_password(const std::string& place) {
  const Options parsed(PQconninfoParse(place.c_str(), nullptr), PQconninfoFree);
  return parsed != nullptr && options_of(parsed.get()).contains("password");
}

Result<std::string> shown_postgres_place(const std::string& place) {
  // libpq's own text for a URL that it cannot read quotes it, password and all.
  const Options parsed(PQconninfoParse(place.c_str(), nullptr), PQconninfoFree);
  if (parsed == nullptr) {
    return fail(ErrorKind::Permanent, "the URL of a PostgreSQL database cannot be read",
                "write `postgresql://role@host:port/name`, special characters as `%40`");
  }
  if (has_stray_at(place)) {
    return fail(ErrorKind::Permanent,
                "the URL of a PostgreSQL database has an `@` that ends no role and password",
                "write an `@` of the password as `%40`, a `/` as `%2F`");
  }
  auto known = options_of(parsed.get());
  // What the URL leaves out comes from the environment and libpq's defaults.
  const Options defaults(PQconndefaults(), PQconninfoFree);
  for (const auto& [keyword, value] : options_of(defaults.get())) {
    if (known[keyword].empty()) known[keyword] = value;
  }
  std::string user = known["user"].empty() ? "" : known["user"] + "@";
  const std::string& host = known["host"].empty() ? known["hostaddr"] : known["host"];
  if (host.empty() || host.starts_with('/')) {
    const std::string folder = host.empty() ? "" : fmt::format("host={}&", host);
    return fmt::format("postgresql://{}/{}?{}port={}", user, known["dbname"], folder,
                       known["port"]);
  }
  return fmt::format("postgresql://{}{}:{}/{}", user, host, known["port"], known["dbname"]);
}

}  // namespace mig::runtime
