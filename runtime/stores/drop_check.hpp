// Looks whether what a plan drops is used by anything that stays: views, triggers, foreign keys.
// Nothing is ever dropped along with it.
//
// Used before a run starts and by the step itself. Pure over a schema that was read; thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/stores/live_schema.hpp"

namespace mig::runtime {

struct DropInUse {
  plan::DatasetId dataset;
  std::string name;                // of the table, or `table.column`
  std::vector<std::string> users;  // a sentence each
  // A statement of the plan runs before the drop and may take them away: the step looks again.
  bool may_be_taken_away = false;
};

// Every drop of the plan in one file, as the schema is now; `is_here`: which stores of the plan are
// that file.
std::vector<DropInUse> drops_in_use(const plan::Plan& plan,
                                    const std::function<bool(plan::StoreId)>& is_here,
                                    const LiveSchema& schema);

// What uses these tables, each with its sentence; they may use each other, for they go together.
std::vector<DropInUse> users_of(const plan::Plan& plan, const std::vector<plan::DatasetId>& dropped,
                                LiveSchema schema);

}  // namespace mig::runtime
