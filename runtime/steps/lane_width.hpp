// How many ranges of a copy are moved at once: as many as were measured to bring more rows.
//
// A copy begins with one. Each width is measured over a few stretches of work, of which the first
// does not count, and is doubled as long as that brings a tenth more; what did not pay is taken
// back. A plain value; one thread, the copy's.
#pragma once

#include <cstdint>

#include "runtime/clock.hpp"

namespace mig::runtime {

class LaneWidth {
 public:
  explicit LaneWidth(int most) : most_(most) {}

  int lanes() const { return lanes_; }
  // A stretch of work at this width.
  void note(std::int64_t rows, Duration took);

 private:
  static constexpr int kMeasured = 3;  // stretches, with the first

  int most_;
  int lanes_ = 1;
  int stretches_ = 0;
  double rows_ = 0;     // behind the first stretch
  double seconds_ = 0;  // of those
  double before_ = 0;   // rows a second at half of this width
};

}  // namespace mig::runtime
