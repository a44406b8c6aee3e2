// Counts, before a gap in a change feed is closed, how many rows that would delete.
//
// All rows of the side that follows are looked at, page by page: one that nothing on the side that
// leads becomes any more goes with the gap. Those that the feed tells of since are left out: the
// application has touched them, and they are followed as always. Reads only, and keeps nothing: a
// follower that was killed counts again. One thread, that of the slices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/delete_cap.hpp"
#include "runtime/steps/owned_rows.hpp"
#include "runtime/stores/change_feed.hpp"
#include "runtime/stores/keyset_reader.hpp"

namespace mig::runtime {

class GapCount {
 public:
  // What belongs to the follower, which outlives it: its `owned` are open, one an emit of
  // `carrier`.
  struct Sides {
    KeysetReader& leads;
    Carrier& carrier;
    const std::vector<std::unique_ptr<OwnedRows>>& owned;
    ChangeFeed& feed;
  };
  // `most`: the share of a dataset's rows that may go. `behind`: the place behind the gap.
  GapCount(plan::Ratio most, std::int64_t behind) : most_(most), behind_(behind) {}

  enum class Found : std::uint8_t { More, Bearable, Gap };
  // The next page. Permanent where too many rows of its dataset would go. Gap: there is another one
  // behind this.
  Result<Found> advance(World& world, const Sides& sides, std::size_t limit);
  std::int64_t rows_read() const { return read_; }  // by the last call

 private:
  struct Standing {
    std::string place;
    std::vector<std::string> sources;
  };
  Result<void> read(World& world, const Sides& sides, std::size_t limit);
  Result<bool> count_extra(const plan::Plan& plan, const Sides& sides);
  Result<void> judge(const World& world, const Sides& sides) const;
  bool next_dataset(const Sides& sides);

  plan::Ratio most_;
  std::int64_t behind_;
  std::size_t emit_ = 0;  // whose dataset is looked at
  std::optional<KeysetReader> follows_;
  std::string after_;
  Page page_;
  std::vector<Standing> standing_;  // the rows of the page that come from the other side
  Page source_page_;
  std::vector<std::string> gone_;
  Deletes deletes_;
  std::int64_t read_ = 0;
};

}  // namespace mig::runtime
