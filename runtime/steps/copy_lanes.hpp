// The ranges of a copy of bytes that are moved at once: each by connections of its own, in
// transactions of its own, and with a note of its own beside the copy's.
//
// A copy is split once it has moved enough to know that more than one writer pays (lane_width.hpp).
// From then on its note says how many ranges there are, and theirs, named after it
// (`move/snapshot#1:2`), how far each of them is; the last one to end ends the copy. Called by one
// thread, the copy's; between two calls no lane is at work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/engine/world.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/bytes_ahead.hpp"
#include "runtime/steps/copy_cursor.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/effect.hpp"
#include "runtime/stores/open_store.hpp"

namespace mig::runtime {

struct CopyRange {
  std::string name;  // of its note
  Applied applied;   // which is that
};

// Where to split what is left of a copy that has read so many rows. None where it would not pay, or
// may not be done.
Result<std::vector<std::string>> split_points(BytesAhead& bytes, const CopyCursor& cursor,
                                              std::int64_t read);
// Inside the effect that splits a copy: the notes of ranges that begin behind `after`, at each of
// `points`, and end with `until`.
Result<void> note_ranges(SqlEffect& effect, const std::string& after,
                         const std::vector<std::string>& points, const std::string& until);
// As they stand.
Result<std::vector<CopyRange>> read_ranges(const OpenStore& target, const std::string& run,
                                           const std::string& step, std::size_t count);

class CopyLanes {
 public:
  // Whose rows they move.
  struct Owner {
    const plan::Plan& plan;
    const plan::Copy& copy;
    plan::StepId step;
    std::size_t most_rows;  // of a transaction
  };
  CopyLanes(const Owner& owner, std::vector<CopyRange> ranges);
  ~CopyLanes();

  // Of all ranges but that one.
  plan::Counts counts(const CopyRange* except = nullptr) const;
  // One that has not ended, and is stuck where any is; null where all have.
  CopyRange* next();

  struct Stretch {
    std::int64_t rows = 0;
    bool is_stuck = false;  // the next page of a range does not go in as bytes
  };
  // Moves as many ranges at once for a while. After an error nobody knows how far they came: they
  // are to be read again, by lanes of their own.
  Result<Stretch> advance(World& world, int lanes);

 private:
  class Lane;
  Result<void> open_lanes(World& world, std::size_t wanted);

  Owner owner_;
  std::vector<CopyRange> ranges_;
  CopyRange* stuck_ = nullptr;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::size_t most_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace mig::runtime
