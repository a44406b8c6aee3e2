// Which share a key belongs to: the same key always falls into the same bucket, so a larger share
// holds everybody that a smaller one held.
//
// The rule is published: every client of a routing document computes it for itself
// (runtime/traffic/FORMAT.md), and vectors.json beside this file keeps all of them equal. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "compiler/plan/types.hpp"
#include "compiler/plan/units.hpp"
#include "compiler/plan/value.hpp"

namespace mig::runtime {

// One field of a key, as a row holds it.
struct KeyPart {
  plan::Base type = plan::Base::Text;
  plan::Value value;
};

// The bytes that are hashed. REQUIRES: at least one part, none of them null, and none floating
// point, JSON or a list, which have no one spelling.
std::string key_bytes(std::span<const KeyPart> parts);

// What keeps the shares of two migrations apart: `plan/router`.
std::string salt_of(std::string_view plan, std::string_view router);

// floor(XXH64(salt, a zero byte, key) * 10^9 / 2^64): in parts per 10^9, like a Ratio.
std::int64_t bucket_of(std::string_view salt, std::string_view key);

// On the old side: the buckets that are measured beside an equally large new side.
plan::Ratio control_of(plan::Ratio share);

enum class Cohort : std::uint8_t { Old, New, Control };
// REQUIRES: 0 <= bucket < 10^9.
Cohort cohort_of(std::int64_t bucket, plan::Ratio share);

}  // namespace mig::runtime
