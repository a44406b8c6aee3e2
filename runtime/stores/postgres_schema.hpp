// The live schema of a PostgreSQL database: the tables, views and triggers that the role's search
// path finds. Used through `read_schema` and `schema_text` of live_schema.hpp.
//
// A column's declared type is the server's own spelling (`numeric(10,2)`, `character varying(20)`),
// its affinity the nearest of SQLite's. An index that failed to build counts as none. A trigger's
// SQL holds its function's text, so that `dependents` sees what it uses. Partitions are tables.
// Stateless; as thread-safe as the database.
#pragma once

#include <string>

#include "runtime/result.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

Result<LiveSchema> read_postgres_schema(const Database& postgres);
Result<std::string> postgres_schema_text(const Database& postgres);

}  // namespace mig::runtime
