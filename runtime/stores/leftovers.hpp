// What mig has left in a store, found and taken away without a journal: for `mig doctor`.
//
// Everything but a routing table is known by its name. A routing table has the name that its plan
// gave it and is known by its columns. In PostgreSQL things are looked for along the connection's
// search path, as mig makes them. One thread, like the database.
#pragma once

#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/stores/control.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct Leftover {
  std::string type;  // `slot`, `publication`, `trigger`, `function`, `table`
  std::string name;
  std::string table;          // that a trigger stands on
  std::string about;          // what it is there for, in words that go behind its name
  bool is_route = false;      // applications read it
  bool leads_to_new = false;  // a route that sends them to the new side: without it they leave it
};

struct Leftovers {
  std::vector<Fence> fences;          // runs that hold something here
  std::vector<FinishedRun> finished;  // runs that ended here
  std::vector<Leftover> things;       // in that order

  bool empty() const { return things.empty(); }
};

// Whoever wants one moment's answer asks inside a transaction.
Result<Leftovers> leftovers(const Database& database);

// Takes these away, inside the caller's write transaction. What is gone already stays gone.
Result<void> remove_leftovers(const Database& database, const std::vector<Leftover>& things);

}  // namespace mig::runtime
