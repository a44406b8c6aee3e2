// The place of an old row and the place of the new row that drives its way back: the same cells, in
// the order of one key or of the other. Pure.
#pragma once

#include <string>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::runtime {

// `lane`: that of the way back.
std::string old_place_of(const plan::Plan& plan, const plan::Lane& lane,
                         const std::string& driving);
std::string driving_place_of(const plan::Plan& plan, const plan::Lane& lane,
                             const std::string& old);

}  // namespace mig::runtime
