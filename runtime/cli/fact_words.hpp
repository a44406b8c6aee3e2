// What holds at a step of a plan, in words: for hover in editors, and for previews. Pure.
#pragma once

#include <string>

#include "compiler/facts.hpp"
#include "compiler/plan/plan.hpp"

namespace mig::cli {

// Two sentences: who takes writes and who answers reads; what is copied and what a rollback does.
std::string sentences(const plan::Plan& plan, const compiler::Facts& facts);

// `writes old+new, reads new 25%, new complete, proved the same`
std::string in_short(const compiler::Facts& facts);

}  // namespace mig::cli
