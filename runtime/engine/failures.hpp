// What an error of the world means to the machine, and to people.
//
// Used by the executor. Pure.
#pragma once

#include <string>

#include "compiler/plan/machine/failure.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

plan::Trouble trouble_of(const Error& error);
// The message, and what to do next.
std::string sentence(const Error& error);

}  // namespace mig::runtime
