// A single value of a plan as a cell of a column, and as SQL: defaults and fills. Pure;
// thread-safe.
#pragma once

#include "compiler/plan/value.hpp"
#include "runtime/data/batch.hpp"

namespace mig::runtime {

// False, and nothing appended, where the value is none of the column's type.
bool append_value(Column& column, const plan::Value& value);

}  // namespace mig::runtime
