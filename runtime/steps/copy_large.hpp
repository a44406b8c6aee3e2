// The rows of a copy that are too large for the page that they belong to (CopyCursor::large): moved
// one at a time behind that page, a part a slice, and counted one by one.
//
// From Redis to Redis alone (redis_large_row.hpp). One thread, like the copy.
#pragma once

#include <optional>

#include "compiler/plan/plan.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/copy_pace.hpp"
#include "runtime/steps/copy_rejects.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/redis_large_row.hpp"

namespace mig::runtime {

class LargeRows {
 public:
  LargeRows(const plan::Plan& plan, const plan::Copy& action, plan::StepId id)
      : plan_(plan), action_(action), id_(id) {}

  // What comes next of the first row that the cursor of `applied` names. REQUIRES: it names one,
  // and it is known what became of the claims of its page.
  Result<Outcome> advance(World& world, const Applied& applied, const SetAsideBefore& dead,
                          CopyPace& pace);

 private:
  Result<void> count(World& world, Effect& effect, const LargeRowEnd& end, const std::string& place,
                     const SetAsideBefore& dead, Applied& now) const;

  const plan::Plan& plan_;
  const plan::Copy& action_;
  plan::StepId id_;
  std::optional<RedisLargeRow> row_;  // nothing before the first, and after a failure
};

}  // namespace mig::runtime
