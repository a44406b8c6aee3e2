// Tells real differences from those of rows that were written while the tables were compared.
//
// The follower catches up, then, under the write lock of the side that follows and in one snapshot
// of the one that leads, each suspect is compared singly. A row that was touched after the follower
// looked is not judged in this round; there is another. While the new side leads nothing says whose
// a shared row is: one that nobody seems to own counts where two whole passes in a row found it.
// Rows that refer to nothing are looked at again as well. Used by comparisons while a run follows.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/follower.hpp"
#include "runtime/steps/orphan_recheck.hpp"
#include "runtime/steps/row_check.hpp"

namespace mig::runtime {

class Recheck {
 public:
  // More suspects than this are not looked at singly: so many are no coincidence of writes.
  static constexpr std::int64_t kMostSuspects = 10'000;

  // Shared rows of the new side that nobody seemed to own: dataset and place.
  using Strays = std::set<std::pair<std::uint32_t, std::string>>;

  // `step` asks, while `stream` is followed. `known`: the strays of the pass before.
  static Result<Recheck> open(World& world, plan::StepId step, const plan::WritesState& stream,
                              Strays known);

  // One round over what `compared` found. True when every suspect is judged, or was touched again
  // in each of ten rounds.
  Result<bool> advance(World& world, Reconciler& compared);

  // `suspected` without the differences that were none.
  Reconciliation confirmed(const Reconciliation& suspected) const;
  // Carries the rows over that are confirmed to differ; gives how many were written.
  Result<std::int64_t> mend(World& world);

  const Strays& strays() const { return strays_; }
  // Another pass would tell whether these are.
  bool has_fresh_strays() const;

 private:
  Recheck(plan::StepId step, plan::Lane lane, Follower follower, RowCheck check,
          OrphanRecheck orphans, Strays known)
      : step_(step),
        lane_(std::move(lane)),
        follower_(std::move(follower)),
        check_(std::move(check)),
        orphans_(std::move(orphans)),
        known_(std::move(known)) {}
  enum class Verdict : std::uint8_t { Same, Open, Different };
  // The places of the old rows that a difference is about: several of a shared row that is too
  // much, none of a stray.
  Result<std::vector<std::string>> sources_of(const RowDifference& difference);
  // `touched`: old rows, as the new side writes their places, that are still to be carried over.
  Result<Verdict> verdict(const OpenStore& source, const RowDifference& suspect,
                          const std::set<std::string>& touched);
  Result<void> judge(World& world, const std::vector<RowDifference>& suspects,
                     std::int64_t position);

  bool is_shared(plan::DatasetId dataset) const;

  plan::StepId step_;
  plan::Lane lane_;  // the way that rows go now
  Follower follower_;
  RowCheck check_;
  OrphanRecheck orphans_;
  int rounds_ = 0;
  std::vector<RowDifference> open_;  // not judged yet
  std::vector<RowDifference> confirmed_;
  bool is_too_many_ = false;
  Strays known_;
  Strays strays_;
};

}  // namespace mig::runtime
