// The numbers that a store hands out for keys: they go on behind the rows that were copied there.
//
// Rows come with the keys that they have, and PostgreSQL's sequences do not see them; a row that an
// application adds without a key would meet one of them. SQLite looks at the rows itself. Used
// where a side is opened to writers. One thread, like the database.
#pragma once

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// Never back, so twice is once; outside of every transaction, as sequences are.
Result<void> pass_copied_keys(const Database& database, const plan::Plan& plan,
                              plan::DatasetId dataset);

}  // namespace mig::runtime
