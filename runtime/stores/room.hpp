// Makes room among the rows of a table for what they are about to become: two rows that swap a
// unique value stand in each other's way, whichever is written first.
//
// No row goes for it, so what the plan does not know of stays: columns without a field, rows that
// refer to these. Only what has to be unique gives way, to NULL or to what nobody else has. Inside
// an Effect, which then writes the rows or deletes them. One thread, like the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/sql_database.hpp"

namespace mig::runtime {

class Room {
 public:
  static Result<Room> of(const Database& database, const plan::Plan& plan, plan::DatasetId dataset);

  // Of the row at that place, if there is one. False: a rule of the table refuses what would stand
  // there, and the row is as it was; to make room it would have to go.
  Result<bool> make(std::string_view place);

 private:
  explicit Room(const Database& database) : database_(&database) {}

  const Database* database_;
  std::optional<Statement> give_way_;  // absent: nothing but the key is unique
};

}  // namespace mig::runtime
