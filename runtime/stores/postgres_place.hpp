// Where a PostgreSQL database is, as messages may say it: without its password.
//
// Used by the PostgreSQL adapter before it connects. Pure, but for libpq's own defaults.
#pragma once

#include <string>

#include "runtime/result.hpp"

namespace mig::runtime {

// `postgresql://role@host:port/name`, with what `place` says of it. Fails where libpq cannot read
// the place, and where a password with a bare `@` would end up in the host's name.
Result<std::string> shown_postgres_place(const std::string& place);

}  // namespace mig::runtime
