// Where a PostgreSQL database is, as messages may say it: without its password.
//
// Used by the PostgreSQL adapter before it connects. Pure, but for libpq's own defaults.
#pragma once

#include <string>
#include <string_view>

#include "runtime/result.hpp"

namespace mig::runtime {

// Whether what somebody names as a store is a database of PostgreSQL's, and no file.
bool is_postgres_url(std::string_view place);

// Whether it holds a password, so that no plan may. False where libpq cannot read it.
bool has_password(const std::string& place);

// `postgresql://role@host:port/name`, with what `place` says of it. Fails where libpq cannot read
// the place, and where a part of the password would be taken for what is shown.
Result<std::string> shown_postgres_place(const std::string& place);

}  // namespace mig::runtime
