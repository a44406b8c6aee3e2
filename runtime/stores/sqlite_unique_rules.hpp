// What no two rows of a live table share: whom a write may push out, and whom it may stand against.
//
// Read by the triggers of changelogs and mirrors when they are made. One thread, like the database.
#pragma once

#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/live_schema.hpp"
#include "runtime/stores/sqlite_database.hpp"

namespace mig::runtime {

// A column of a unique rule, and how the rule compares it.
struct UniqueColumn {
  std::string name;
  std::string collation;
  // What REPLACE puts where NULL was given and must not be: an expression; empty: nothing.
  std::string instead_of_null;
};
struct UniqueRule {
  std::string index;
  std::vector<UniqueColumn> columns;
};

// Permanent where one is over an expression or a generated column: no trigger sees who breaks it.
Result<std::vector<UniqueRule>> unique_rules(const Database& database, const LiveTable& table);

// The name by which SQL reaches the row id; empty where there is none, or where columns hide it.
Result<std::string> row_id_name(const Database& database, const LiveTable& table);

// The column that is the row id under another name, if one is: an INTEGER PRIMARY KEY without an
// index of its own.
std::string row_id_alias(const LiveTable& table, const std::vector<UniqueRule>& rules);

}  // namespace mig::runtime
