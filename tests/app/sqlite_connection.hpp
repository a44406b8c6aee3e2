// The application's connection to a SQLite file. Used by open_connection; one thread a connection.
//
// It waits a second for other writers, and keeps foreign keys.
#pragma once

#include <memory>
#include <string>

#include "tests/app/connection.hpp"

namespace mig::app {

// Throws SqlError where there is no such file.
std::unique_ptr<Connection> open_file(const std::string& path);

}  // namespace mig::app
