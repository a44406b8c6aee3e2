// How many rows a page asks for, so that it stays near a number of bytes whatever its rows hold.
//
// For readers that cannot end a page where it is large enough, or only by receiving the rest of it
// in vain. A value; one thread, its reader's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace mig::runtime {

// A page ends with the row that goes beyond it, however many were asked for: so many pages as a
// copy has ready stay within its memory.
inline constexpr std::size_t kPageBytes = std::size_t{8} << 20;

// Asked for by who needs all rows of a range, whatever they hold: no page has more of them.
inline constexpr std::size_t kWholePage = std::size_t{1} << 20;

// How large a page of so many rows may get.
constexpr std::size_t most_bytes(std::size_t wanted) {
  return wanted < kWholePage ? kPageBytes : std::numeric_limits<std::size_t>::max();
}

class PageLimit {
 public:
  explicit PageLimit(std::size_t page_bytes = kPageBytes) : page_bytes_(page_bytes) {}

  // At most `wanted`; few, before it is known how large rows are.
  std::size_t rows(std::size_t wanted) const {
    if (wanted >= kWholePage) return wanted;
    const std::size_t most = row_bytes_ == 0 ? kFirst : page_bytes_ / row_bytes_;
    return std::min(wanted, std::max<std::size_t>(most, 1));
  }
  // What the page before had.
  void note(std::int64_t rows, std::size_t bytes) {
    if (rows > 0) row_bytes_ = bytes / static_cast<std::size_t>(rows) + 1;
  }

 private:
  static constexpr std::size_t kFirst = 100;

  std::size_t page_bytes_;
  std::size_t row_bytes_ = 0;  // on average; 0: not known
};

}  // namespace mig::runtime
