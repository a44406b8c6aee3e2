// What makes a table of PostgreSQL's again where it is gone, as statements for psql.
//
// With it: the columns with their types, defaults and identities, the sequences that belong to them
// and where those stand, constraints, indexes, triggers and rights. Without it: the owner,
// policies, rights to single columns, comments, partitions (they become one table), and mig's own
// triggers. Read within the caller's transaction. One thread.
#pragma once

#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct PostgresDefinition {
  struct Column {
    std::string name;
    bool is_generated = false;  // computed, so nothing is put in
  };
  std::string table;  // `public.users`
  std::vector<Column> columns;
  std::string before;      // the rows
  std::string after;       // the rows
  std::string references;  // to other tables: once those are there, too
};

// Permanent where there is no such table.
Result<PostgresDefinition> read_definition(const Database& postgres, const std::string& table);

}  // namespace mig::runtime
