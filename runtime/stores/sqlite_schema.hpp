// The live schema of a SQLite file. Used through `read_schema` and `schema_text` of
// live_schema.hpp. Stateless; as thread-safe as the database.
#pragma once

#include <string>

#include "runtime/result.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

Result<LiveSchema> read_sqlite_schema(const Database& sqlite);
Result<std::string> sqlite_schema_text(const Database& sqlite);

}  // namespace mig::runtime
