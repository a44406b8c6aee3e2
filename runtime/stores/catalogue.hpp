// What is there in a store, by name, and the names of mig's own things: asked in whatever dialect.
//
// Reads only. One thread, like the database.
#pragma once

#include <string>
#include <string_view>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

Result<bool> has_table(const Database& database, std::string_view name);
Result<bool> has_trigger(const Database& database, std::string_view name);

// The first column of the first row that a query of one parameter gives; empty where there is none.
Result<std::string> first_text(const Database& database, std::string_view sql,
                               std::string_view argument);

// The name of something of mig's that belongs to a table: `mig_ctl_log_` and the table. Where that
// is longer than a database lets a name be, its end gives way to a hash of the whole.
std::string control_name(std::string_view prefix, std::string_view table);

}  // namespace mig::runtime
