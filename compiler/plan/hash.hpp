// SHA-256, and the hash of a plan's meaning.
//
// plan_hash covers everything that changes what a run does, and nothing else: places, doc comments
// and how a parameter came by its value are left out. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "compiler/plan/plan.hpp"

namespace mig::plan {

struct Hash {
  std::array<std::uint8_t, 32> bytes{};
  bool operator==(const Hash&) const = default;
};

Hash sha256(std::string_view bytes);
std::string print(const Hash& hash);        // 64 hexadecimal digits
std::string print_short(const Hash& hash);  // `9c1f e07a 44b2`, for people
Hash plan_hash(const Plan& plan);           // of a view that of its plan

}  // namespace mig::plan
