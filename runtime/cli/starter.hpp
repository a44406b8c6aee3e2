// A plan to begin with, and entities for tables that are there: what `mig init` writes.
//
// The text compiles, is proved safe and formatted; what has to be decided by a person is said in
// comments. Pure.
#pragma once

#include <string>

#include "runtime/stores/live_schema.hpp"

namespace mig::cli {

struct StarterInput {
  std::string store;  // as the plan says it: `sqlite { path = "app.db" }`
  runtime::LiveTable table;
  bool is_live = false;  // the application goes on meanwhile
};

std::string starter_plan(const StarterInput& input);

// `entity Users { … }` of a table: a field for each column, with the type that its values have.
std::string entity_of(const runtime::LiveTable& table);

// A column that turns what is written to it into a number, or not, as it sees fit: nothing can be
// brought back to it exactly. Null where there is none.
const runtime::LiveColumn* kept_inexactly(const runtime::LiveTable& table);

// A column whose values no plan carries: an interval, a range. Null where there is none.
const runtime::LiveColumn* not_carried(const runtime::LiveTable& table);

// What stands behind a store's name in a plan. Of a URL with a password only where it is kept.
std::string sqlite_store(const std::string& path);
std::string postgres_store(const std::string& url);

// A table for whoever has none yet.
runtime::LiveTable sample_table();

}  // namespace mig::cli
