// Which of its copies a store is: a file by its inode, a database by its server and its name.
//
// Reads only. One thread, like the database.
#pragma once

#include <string>

#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

struct Instance {
  std::string kind;   // `sqlite`, `postgres`
  std::string place;  // where it is; another for every copy that stands beside it
  std::string copy;   // the part of it that a move of the whole store leaves as it is
};

Result<Instance> instance_of(const Database& database);

}  // namespace mig::runtime
