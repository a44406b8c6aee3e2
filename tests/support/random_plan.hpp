// Random plans that are whole: every id points at something and needs point back.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/plan/machine/record.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::tests {

// Holds anything, everywhere; for encodings and hashes.
plan::Plan random_plan(std::uint64_t seed);

// `size` steps that wait (holds), in one phase a step, with random needs; for the machine.
plan::Plan random_steps(std::uint64_t seed, std::uint32_t size);

// A plan of steps with these needs, one phase each.
plan::Plan plan_of(const std::vector<std::vector<std::uint32_t>>& needs);

// One record of each kind.
std::vector<plan::Record> random_records(std::uint64_t seed);

}  // namespace mig::tests
