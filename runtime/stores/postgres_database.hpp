// PostgreSQL behind the handles of sql_database.hpp.
//
// A place is what libpq takes: a URL, `key=value` pairs, or nothing for what the `PG…` variables
// say; TLS follows its `sslmode`. Every session speaks UTF-8, ISO dates in UTC and exact floats, so
// that text means the same on every server; the search path stays as the role has it. A Statement
// reads its rows one at a time: libpq's single-row mode, since a cursor would need a transaction of
// its own and three more turns a query. Where another statement wants the connection meanwhile, the
// rest of the rows is parked: in memory, beyond 4 MiB in a temporary file. So end a query that is
// read in part by LIMIT: its `reset` reads the rest.
//
// A lost connection is Transient and `is_lost()`; whoever goes on opens another one. After an error
// inside a transaction only a rollback, of all or to a savepoint, is accepted.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

struct pg_conn;

namespace mig::runtime {

struct PostgresOptions {
  std::string noun = "database";  // what messages call it
  std::string shown;              // and its place; empty: the URL without its password
  bool writes = true;             // false: a write by mistake is refused
  bool streams = false;           // speaks replication, too, until a stream begins
  std::chrono::milliseconds lock_wait{2000};
  std::chrono::milliseconds idle_limit{0};  // of a transaction in which nothing happens; 0: none
};

Result<Database> open_postgres(const std::string& place, PostgresOptions options = {});

// For adapters beside this one that speak libpq, COPY for one. The rows of a statement that is
// still being read are parked first, so that the connection is free.
Result<pg_conn*> postgres_handle(const Database& postgres);
// The error of libpq's last answer on that handle, as a statement would have reported it.
std::unexpected<Error> postgres_failure(const Database& postgres, std::string_view sql);

}  // namespace mig::runtime
