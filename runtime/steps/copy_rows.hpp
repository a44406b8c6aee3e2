// The rows of a copy that are looked at one by one: read ahead and carried over, written by the
// copy's rule, and set aside where they cannot be moved.
//
// Used by the copy, which decides what a transaction holds; pages that go as bytes pass it by. One
// thread, but for what is read ahead (read_ahead.hpp).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/chunk_writer.hpp"
#include "runtime/steps/copy_cursor.hpp"
#include "runtime/steps/copy_pace.hpp"
#include "runtime/steps/copy_rejects.hpp"
#include "runtime/steps/copy_source.hpp"
#include "runtime/steps/read_ahead.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/effect.hpp"

namespace mig::runtime {

inline constexpr std::size_t kMostScanned = 16'000;  // rows of a page from Redis, for its memory

class CopyRows {
 public:
  CopyRows(const plan::Plan& plan, const plan::Copy& copy, plan::StepId step);

  // Before anything else. `target`: where letters of rows that were set aside stand.
  Result<void> open(World& world, CopySource source, const OpenStore& target);
  bool is_open() const { return source_.has_value(); }
  const KeysetReader& reader() const { return source_->reader(); }
  // Permanent where rows have no key.
  Result<void> check_keys() const;
  // The source, where it is read in SCAN's order.
  RedisConnection* scanned() const { return scanned_; }
  // Whether a copy that stands there is one that can be gone on with.
  Result<bool> knows(const CopyCursor& cursor) const;
  bool were_set_aside() const { return !dead_.empty(); }
  SetAsideBefore& set_aside() { return dead_; }

  // Pages, as ReadAhead gives them.
  ReadAhead& pages() { return *source_; }

  // What became of the pages that one effect wrote.
  struct Written {
    Applied now;
    Moved moved;
    std::string last;  // the place of the last row
    bool is_claimed = false;
    bool is_last = false;
  };
  // Of a transaction: where it stands, and what else the copy has read and rejected, for its share
  // of rejects.
  struct Start {
    Applied applied;
    plan::Counts others;
    PageRange range;
    Claims claims = Claims::None;
  };
  // Writes that page, which was taken, and those behind it that have room beside it.
  Result<Written> write(World& world, Effect& effect, const Start& start, const CopyPace& pace,
                        const CarriedPage* page);
  // Of a page that claimed its rows' keys in Redis, all but `large` ones: how many of those another
  // row stands under.
  Result<std::size_t> count_refused(World& world, Effect& effect, const CarriedPage& page,
                                    const std::vector<std::string>& large) const;
  // Claims are to be made in another way than so far.
  void reopen_chunk() { chunk_.reset(); }

 private:
  Result<ChunkWriter::Totals> write_rows(World& world, Effect& effect, Claims claims,
                                         const CarriedPage& carried);
  Result<bool> write_page(World& world, Effect& effect, const Start& start,
                          const CarriedPage& carried, Applied& now);

  const plan::Plan& plan_;
  const plan::Copy& copy_;
  plan::StepId step_;
  std::optional<ReadAhead> source_;  // from `open` on
  RedisConnection* scanned_ = nullptr;
  std::unique_ptr<ChunkWriter> chunk_;
  SetAsideBefore dead_;
};

}  // namespace mig::runtime
