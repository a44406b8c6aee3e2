#include "runtime/steps/lane_width.hpp"

#include <chrono>

namespace mig::runtime {
namespace {

constexpr double kPays = 1.1;  // times as many rows

}  // namespace

void LaneWidth::note(std::int64_t rows, Duration took) {
  if (stretches_ == kMeasured) return;
  if (++stretches_ > 1) {
    rows_ += static_cast<double>(rows);
    seconds_ += std::chrono::duration<double>(took).count();
  }
  if (stretches_ < kMeasured) return;
  const double now = seconds_ > 0 ? rows_ / seconds_ : 0;
  if (now < kPays * before_) {
    lanes_ /= 2;
    most_ = lanes_;
    return;
  }
  if (lanes_ == most_) return;
  before_ = now;
  lanes_ *= 2;
  stretches_ = 0;
  rows_ = 0;
  seconds_ = 0;
}

}  // namespace mig::runtime
