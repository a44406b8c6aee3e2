// The application's connection to a PostgreSQL database. Used by open_connection; one thread a
// connection.
//
// It waits two seconds for other writers. Where the server has gone away the statement fails as
// lost, and the next one outside a transaction connects again.
#pragma once

#include <memory>
#include <string>

#include "tests/app/connection.hpp"

namespace mig::app {

std::unique_ptr<Connection> open_server(const std::string& url);

}  // namespace mig::app
