#include "runtime/stores/postgres_database.hpp"

#include <cassert>
#include <utility>

#include "runtime/stores/postgres_connection.hpp"

namespace mig::runtime {
namespace {

PostgresConnection& connection_of(const Database& database) {
  assert(database.dialect() == Dialect::Postgres);
  return static_cast<PostgresConnection&>(database.behind());
}

}  // namespace

Result<Database> open_postgres(const std::string& place, PostgresOptions options) {
  MIG_ASSIGN(connection, PostgresConnection::open(place, std::move(options)));
  return Database(std::move(connection));
}

Result<pg_conn*> postgres_handle(const Database& postgres) {
  PostgresConnection& connection = connection_of(postgres);
  MIG_TRY(connection.free_wire());
  return connection.handle();
}

std::unexpected<Error> postgres_failure(const Database& postgres, std::string_view sql) {
  return connection_of(postgres).failure(sql);
}

}  // namespace mig::runtime
