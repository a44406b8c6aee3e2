// Whether the new side holds exactly what one row of the old side becomes, at this moment.
//
// What a comparison of whole tables found to differ while others wrote is only suspected: the two
// sides were read at different moments. This looks at one old row and all that it owns. It means
// something where nothing can come in between: under the target's write lock, with nothing newer of
// that row in the changelog. Reads only; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/owned_rows.hpp"
#include "runtime/stores/sqlite_keyset.hpp"
#include "runtime/stores/stores.hpp"

namespace mig::runtime {

class RowCheck {
 public:
  // Permanent where the new side has rows that no old row owns.
  static Result<RowCheck> open(const plan::Plan& plan, Stores& stores);

  // `place` of the old row, as Page::keys. A row that is gone, or that cannot be moved, becomes
  // nothing.
  Result<bool> is_equal(const std::string& place);

  // Whose row stands at that place of a dataset of the new side.
  std::string owner_of(plan::DatasetId dataset, const std::string& place) const;

 private:
  struct Side {
    OwnedRows owned;
    KeysetReader reader;
    std::unique_ptr<CanonicalForm> expected;
    std::unique_ptr<CanonicalForm> found;
  };

  RowCheck(const plan::Plan& plan, const Database& source, KeysetReader reader)
      : plan_(&plan),
        source_(&source),
        reader_(std::move(reader)),
        carrier_(std::make_unique<Carrier>(plan)) {}
  Result<bool> is_equal(std::size_t emit, const std::string& owner);

  const plan::Plan* plan_;
  const Database* source_;
  KeysetReader reader_;
  std::unique_ptr<Carrier> carrier_;
  std::vector<Side> sides_;  // one an emit
  Page page_;
  Page there_;
  std::string memory_;
};

}  // namespace mig::runtime
