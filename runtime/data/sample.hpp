// Carries the first rows of the old side over without writing them: what a copy would reject, found
// before it runs. Used by previews. Reads only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

struct SampledReject {
  std::string key;  // for people
  std::string field;
  std::string reason;
};

struct RowSample {
  std::int64_t read = 0;
  std::int64_t rejected = 0;
  std::vector<SampledReject> first;  // a few of them
  Duration took{};
};

// Up to `limit` rows, the first by their keys; of Redis a few that it names first. REQUIRES: the
// old side's table is there.
Result<RowSample> sample_rows(const plan::Plan& plan, Stores& stores, const Clock& clock,
                              std::int64_t limit);

}  // namespace mig::runtime
