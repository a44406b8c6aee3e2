#include "tests/app/connection.hpp"

#include "tests/app/postgres_connection.hpp"
#include "tests/app/sqlite_connection.hpp"

namespace mig::app {

std::optional<std::string> Connection::document(const std::string& table, const std::string& router,
                                                bool is_for_write) {
  // Nothing may fail in a transaction of a server's.
  const bool is_inside = is_in_transaction();
  if (is_inside && !has_table(table)) return std::nullopt;
  const bool locks = is_for_write && is_inside && is_server();
  try {
    const auto rows = run(
        "SELECT document FROM \"" + table + "\" WHERE router = ?1" + (locks ? " FOR SHARE" : ""),
        {router});
    if (!rows.empty()) return std::get<std::string>(rows[0][0]);
  } catch (const SqlError& error) {
    if (!error.is_table_gone()) throw;
  }
  return std::nullopt;
}

std::unique_ptr<Connection> open_connection(const std::string& place) {
  return place.starts_with("postgresql://") ? open_server(place) : open_file(place);
}

}  // namespace mig::app
