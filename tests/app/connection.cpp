#include "tests/app/connection.hpp"

#include "tests/app/postgres_connection.hpp"
#include "tests/app/sqlite_connection.hpp"

namespace mig::app {

std::unique_ptr<Connection> open_connection(const std::string& place) {
  return place.starts_with("postgresql://") ? open_server(place) : open_file(place);
}

}  // namespace mig::app
