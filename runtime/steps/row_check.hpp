// Whether the new side holds exactly what one row of the old side becomes, at this moment.
//
// What a comparison of whole tables found to differ while others wrote is only suspected: the two
// sides were read at different moments. This looks at one old row and all that it owns. It means
// something where nothing can come in between: under the target's write lock, with nothing newer of
// that row in the changelog. Reads only; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/data/reconcile.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/owned_rows.hpp"
#include "runtime/stores/keyset_reader.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

class RowCheck {
 public:
  // Permanent where the new side has rows of which nothing tells whose they are. `run`: whose dead
  // letters count. `leads`: while it is the new side, the lineage of shared rows is not kept.
  static Result<RowCheck> open(const plan::Plan& plan, Stores& stores, std::string run,
                               plan::Side leads = plan::Side::Old);

  // `place` of the old row, as Page::keys. A row that is gone, or that cannot be moved, becomes
  // nothing; one that is set aside may.
  Result<bool> is_equal(const std::string& place);
  // What is missing, too much or otherwise than it should be.
  Result<std::vector<RowDifference>> differences(const std::string& place);

  const plan::Plan& plan() const { return *plan_; }

  // The old rows whose row stands at that place of a dataset of the new side. Nobody's: a stray.
  Result<std::vector<std::string>> sources_of(plan::DatasetId dataset, const std::string& place);
  // Whether a row stands there.
  Result<bool> stands(plan::DatasetId dataset, const std::string& place);

 private:
  struct Side {
    std::unique_ptr<OwnedRows> owned;
    bool is_known_whose = true;
    KeysetReader reader;
    std::unique_ptr<CanonicalForm> expected;
    std::unique_ptr<CanonicalForm> found;
  };

  RowCheck(const plan::Plan& plan, std::string run, OpenStore source, OpenStore target,
           KeysetReader reader)
      : plan_(&plan),
        run_(std::move(run)),
        source_(source),
        target_(target),
        reader_(std::move(reader)),
        carrier_(std::make_unique<Carrier>(plan)) {}
  Side& side_of(plan::DatasetId dataset);
  // The rows that one emit made of the row are expected from now on.
  Result<void> compare(std::size_t emit, const std::string& from,
                       std::vector<RowDifference>& found);
  Result<void> find_others(const std::string& owner, const std::string& from,
                           std::vector<RowDifference>& found);

  const plan::Plan* plan_;
  std::string run_;
  OpenStore source_;
  OpenStore target_;
  KeysetReader reader_;
  std::unique_ptr<Carrier> carrier_;
  std::vector<Side> sides_;  // one an emit
  Page page_;
  Page there_;
  std::vector<std::set<std::string>> expected_;  // places of the row's rows, one an emit
  std::string memory_;
};

}  // namespace mig::runtime
