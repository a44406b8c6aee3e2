// The store's own refusal: while a guard stands on a table, only mig writes it.
//
// Triggers that abort every other writer's INSERT, UPDATE and DELETE with a message for people.
// Installing twice is installing once. Called inside an Effect's transaction.
#pragma once

#include <string>

#include "runtime/result.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

// REQUIRES: the control tables exist. An older guard's message is replaced.
Result<void> install_guard(const Database& database, const std::string& table,
                           const std::string& message);
Result<void> remove_guard(const Database& database, const std::string& table);
Result<bool> is_guarded(const Database& database, const std::string& table);

}  // namespace mig::runtime
