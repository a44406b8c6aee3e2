// One transaction of a copy whose pages go in as bytes.
//
// Used by the copy, which decides what a transaction holds, and by its lanes. One thread a call.
#pragma once

#include <string>
#include <vector>

#include "runtime/result.hpp"
#include "runtime/steps/bytes_ahead.hpp"
#include "runtime/steps/copy_pace.hpp"
#include "runtime/stores/applied.hpp"
#include "runtime/stores/effect.hpp"

namespace mig::runtime {

// What became of the pages of bytes that one effect wrote; of no rows where the first did not go
// in.
struct PagesWritten {
  plan::Counts counts;
  Moved moved;
  std::string last;                // the place of the last row
  std::vector<std::string> large;  // rows behind those that are too large for a page
  bool is_any = false;             // false: the first page did not go in
  bool is_last = false;
};
// Writes that page, which was taken and goes in, and those behind it that have room beside it.
Result<PagesWritten> write_pages(BytesAhead& bytes, Effect& effect, Claims claims,
                                 const CopyPace& pace, PageRange range, const PassedPage* page);

}  // namespace mig::runtime
