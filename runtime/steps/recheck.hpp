// Tells real differences from those of rows that were written while the tables were compared.
//
// The follower catches up, then, under the target's write lock and in one snapshot of the source,
// each suspect is compared singly. A row that was touched after the follower looked is not judged
// in this round; there is another. Used by `verify` while a run follows. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "runtime/data/reconcile.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/steps/row_check.hpp"

namespace mig::runtime {

class Recheck {
 public:
  // More suspects than this are not looked at singly: so many are no coincidence of writes.
  static constexpr std::int64_t kMostSuspects = 10'000;

  // `step` asks, while `followed` follows.
  static Result<Recheck> open(World& world, plan::StepId step, plan::StepId followed);

  // One round over what `compared` found. True when every suspect is judged, or was touched again
  // in each of three rounds.
  Result<bool> advance(World& world, Reconciler& compared);

  // `suspected` without the differences that were none.
  Reconciliation confirmed(const Reconciliation& suspected) const;
  // Carries the rows over that are confirmed to differ; gives how many were written.
  Result<std::int64_t> mend(World& world);

 private:
  Recheck(plan::StepId step, Follower follower, RowCheck check)
      : step_(step), follower_(std::move(follower)), check_(std::move(check)) {}
  enum class Verdict : std::uint8_t { Same, Open, Different };
  // The places of the old rows that a difference is about: several of a shared row that is too
  // much, none of a stray.
  Result<std::vector<std::string>> sources_of(const RowDifference& difference);
  // `touched`: old rows, as the new side writes their places, that are still to be carried over.
  Result<Verdict> verdict(const Database& source, const RowDifference& suspect,
                          const std::set<std::string>& touched);
  Result<void> judge(World& world, const std::vector<RowDifference>& suspects,
                     std::int64_t position);

  plan::StepId step_;
  Follower follower_;
  RowCheck check_;
  int rounds_ = 0;
  std::vector<RowDifference> open_;  // not judged yet
  std::vector<RowDifference> confirmed_;
  bool is_too_many_ = false;
};

}  // namespace mig::runtime
