// The numbers that a store hands out for columns: they go on behind the rows that were copied
// there.
//
// Rows come with the values that they have, and PostgreSQL's sequences do not see them; a row that
// an application adds without one would meet one of them. SQLite looks at the rows itself, and at
// what it noted of AUTOINCREMENT. Moved where a side is opened to writers, looked at by
// comparisons. One thread, like the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

// What hands out the values of a column, and whether they are new ones.
struct SequenceState {
  plan::DatasetId dataset;
  std::string field;                    // of the entity
  std::string name;                     // as SQL names it: `public.users_id_seq`
  std::optional<std::int64_t> next;     // absent: the role may not read it
  std::optional<std::int64_t> highest;  // value in the column; absent: there is none
  std::string mend;                     // the statement that moves it behind that

  bool is_behind() const { return next && highest && *next <= *highest; }
};

// Of every column of the entity behind which something counts upwards. Reads only.
Result<std::vector<SequenceState>> read_sequences(const Database& database, const plan::Plan& plan,
                                                  plan::DatasetId dataset);

// Never back, so twice is once; outside of every transaction, as sequences are.
Result<void> pass_copied_keys(const Database& database, const plan::Plan& plan,
                              plan::DatasetId dataset);

}  // namespace mig::runtime
