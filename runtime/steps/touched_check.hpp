// The rows that were touched since the last comparison, compared again while a run follows.
//
// The changelog names them; only what the follower has carried over is judged. A row is first
// looked at without a lock. What differs there is looked at again as Recheck does it: under the
// write lock of the side that follows and in one snapshot of the one that leads, and not at all
// where it was touched anew, because then the log names it again. Under `mode = transaction` the
// log names only what the triggers could not carry over. Used by holds. Keeps nothing that a crash
// may not take: `checked` is kept by the hold. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/plan/lane.hpp"
#include "compiler/plan/routing.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/row_check.hpp"
#include "runtime/stores/change_feed.hpp"

namespace mig::runtime {

// Up to where the log of the side that leads has been carried over.
Result<std::int64_t> carried_up_to(World& world, const plan::WritesState& stream);

class TouchedCheck {
 public:
  // More rows that differ than this are not told apart.
  static constexpr std::size_t kMostDifferent = 10'000;

  // `step` asks, while `stream` is followed; what was logged up to `since` is known.
  static Result<TouchedCheck> open(World& world, plan::StepId step, const plan::WritesState& stream,
                                   std::int64_t since);

  // A slice. True when all is judged that had been carried over when the first slice began, and
  // what differed before was looked at again; the next slice is the first one of another look.
  Result<bool> advance(World& world);

  // What was touched is not known any more: only a whole comparison tells.
  bool has_gap() const { return has_gap_; }

  // Rows of the old side that are confirmed to differ.
  std::int64_t rows() const { return static_cast<std::int64_t>(different_.size()); }
  // The same of the rows of one dataset of the new side.
  std::int64_t rows_of(plan::DatasetId dataset) const;
  // Up to where in the log nothing is left that differs. Whoever begins there finds again what was
  // found.
  std::int64_t checked() const { return different_.empty() ? position_ : agreed_; }

 private:
  struct Suspect {
    std::string key;   // in the log
    std::string from;  // the place of the old row
  };
  struct Difference {
    std::string key;
    std::vector<RowDifference> rows;
  };

  TouchedCheck(plan::StepId step, plan::WritesState stream, plan::Lane lane,
               std::unique_ptr<ChangeFeed> feed, RowCheck check, std::int64_t since);
  Result<void> read(World& world);
  Result<void> judge(World& world);
  Result<std::string> old_place(const OpenStore& source, const std::string& key) const;

  plan::StepId step_;
  plan::WritesState stream_;
  plan::Lane lane_;  // the way that rows go now
  std::unique_ptr<ChangeFeed> feed_;
  RowCheck check_;
  std::int64_t position_;  // in the log: what is up to it was looked at
  std::int64_t agreed_;    // the same when nothing differed last
  std::int64_t until_ = 0;
  bool is_looking_ = false;
  bool has_gap_ = false;
  std::vector<Suspect> suspects_;
  std::map<std::string, Difference> different_;  // by the place of the old row
};

}  // namespace mig::runtime
