// What clients do, at any moment: they write the row, and they read it where they are sent.
//
// Used by the search. Each changes the world and says whether the client is harmed.
#pragma once

#include <optional>

#include "compiler/prove/model.hpp"

namespace mig::compiler::prove {

// Whether anybody may write at all.
bool may_write(const Model& model, const World& world);
std::optional<Harm> write(const Model& model, World& world);
// Two clients write the row at once, and their writes pass each other.
// REQUIRES: model.crossing(world) is not None.
void cross(const Model& model, World& world);
// REQUIRES: reads_old(world).
std::optional<Harm> read_old(const Model& model, World& world);
// REQUIRES: reads_new(world).
std::optional<Harm> read_new(const Model& model, World& world);

}  // namespace mig::compiler::prove
