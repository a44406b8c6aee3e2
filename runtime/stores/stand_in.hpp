// What a unique column may hold for a moment instead of its value: something that nobody else has.
//
// Used by Room, in the SET of an UPDATE. Pure.
#pragma once

#include <string>

#include "runtime/stores/live_schema.hpp"

namespace mig::runtime {

// An expression of SQL, in the dialect of the column's database: NULL where the column takes it,
// else a value by chance. Of types with few values it is likely to be somebody's.
std::string stand_in(const LiveColumn& column);

}  // namespace mig::runtime
