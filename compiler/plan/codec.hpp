// The lossless encoding of a plan: what the first record of a run holds, and what a resume decodes.
//
// Law: decode(encode(p)) == p. The text is JSON with sorted keys and exact integers. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

std::string encode(const Plan& plan);

// The error is one sentence: what did not fit, and where. A plan that decodes is whole: every id it
// holds points at something, and every step's needs stand before it.
std::expected<Plan, std::string> decode(std::string_view text);

}  // namespace mig::plan
