#include "runtime/steps/read_ahead.hpp"

#include <utility>

namespace mig::runtime {

ReadAhead::ReadAhead(const plan::Plan& plan, KeysetReader reader)
    : reader_(std::move(reader)), pages_{CarriedPage(plan), CarriedPage(plan)} {}

Result<const CarriedPage*> ReadAhead::take(const PageRange& range) {
  CarriedPage& next = pages_[1 - taken_];
  const bool is_here = std::exchange(is_ready_, false) && ready_range_ == range;
  if (!is_here) MIG_TRY(load(range, next));
  taken_ = 1 - taken_;
  return &next;
}

void ReadAhead::start(Worker& worker, PageRange range) {
  ready_range_ = std::move(range);
  worker.start([this] { is_ready_ = load(ready_range_, pages_[1 - taken_]).has_value(); });
}

Result<void> ReadAhead::load(const PageRange& range, CarriedPage& into) {
  MIG_TRY(reader_.read(range.after, range.until, range.limit, into.page));
  into.carrier.run(into.page.rows);
  return {};
}

}  // namespace mig::runtime
