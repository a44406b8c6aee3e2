// Values as they stand in SQL that takes no parameters: bodies of triggers, defaults, COPY. Pure.
#pragma once

#include <string>
#include <string_view>

namespace mig::runtime {

// In single quotes, inner quotes doubled. REQUIRES: backslashes mean themselves there, as in SQLite
// and in every PostgreSQL session of ours.
std::string quote_text(std::string_view text);
// As PostgreSQL's bytea reads it: `'\x00ff'`.
std::string quote_bytea(std::string_view bytes);

}  // namespace mig::runtime
