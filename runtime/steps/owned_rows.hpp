// Which rows of one side belong to one row of the side that has the authority, here called the old
// one, dataset by dataset.
//
// When an old row changes or goes, the rows that it no longer becomes are given up: they go, but a
// shared one only once nobody becomes it. Two ways to know whose a row is: its key holds the old
// row's (owned_by_key), or the lineage says so (owned_by_lineage). Used by a follower, inside its
// Effect, and by comparisons, which only read. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/open_store.hpp"

namespace mig::runtime {

// `owner` is always the place of an old row as the new side writes it; other places are of rows of
// the new side.
class OwnedRows {
 public:
  virtual ~OwnedRows() = default;

  // Before all else, in each effect or each look; on the same store, always.
  virtual Result<void> open(const OpenStore& store) = 0;

  // The places of the old rows whose row stands there, as the old side writes them where that is
  // known. Nobody's: a stray, unless an old row that is still to be
  // carried becomes it.
  virtual Result<std::vector<std::string>> sources_of(const std::string& place) = 0;

  // The places of the rows of `owner` that are not among `keep`.
  virtual Result<std::vector<std::string>> others(const std::string& owner,
                                                  const std::set<std::string>& keep) = 0;
  // Gives those up. Returns how many were deleted; `delete_unowned` may delete more.
  virtual Result<std::int64_t> give_up_others(Effect& effect, const std::string& owner,
                                              const std::set<std::string>& keep) = 0;
  // What stands at that place is looked at by `delete_unowned`, too.
  virtual void suspect(const std::string& place) = 0;
  // Deletes the rows that were given up, or suspected, and are nobody's now.
  virtual Result<std::int64_t> delete_unowned() = 0;
};

// `source`: the dataset whose rows they come from. Permanent where nothing tells whose they are.
Result<std::unique_ptr<OwnedRows>> owned_rows(const plan::Plan& plan, const plan::Emit& emit,
                                              plan::DatasetId dataset, plan::DatasetId source);

// The place of an old row's key as the new side writes it; nothing where the key does not fit its
// type, so that no row of the new side can be its own. `kind`: of the store that named the place.
Result<std::optional<std::string>> place_as_written(const OpenStore& kind,
                                                    const plan::Entity& source,
                                                    const std::string& place);

}  // namespace mig::runtime
