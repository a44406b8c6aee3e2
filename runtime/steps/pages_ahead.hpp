// The pages of a copy, made ready one ahead: while a page is written, another thread loads the
// next.
//
// Used by one thread, the slice's. From `start` to the end of its `Reading` what loads belongs to
// the other thread, so nothing else may read with it; no slice ends in between.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "runtime/engine/workers.hpp"
#include "runtime/result.hpp"

namespace mig::runtime {

// What a reader of pages is asked for.
struct PageRange {
  std::string after;
  std::string until;
  std::size_t limit = 0;
  bool operator==(const PageRange&) const = default;
};

// Waits for the other thread when it ends, if that has anything to do.
class Reading {
 public:
  explicit Reading(Worker& worker) : worker_(worker) {}
  ~Reading() { worker_.wait(); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  Worker& worker_;
};

// A load is called with a range and the page to fill, and gives a Result<void>.
template <class Page>
class PageAhead {
 public:
  PageAhead(Page one, Page other) : pages_{std::move(one), std::move(other)} {}

  // Made ready before, or loaded now. Lasts until the next `take`.
  template <class Load>
  Result<const Page*> take(const PageRange& range, const Load& load) {
    Page& next = pages_[1 - taken_];
    const bool is_here = std::exchange(is_ready_, false) && ready_range_ == range;
    if (!is_here) MIG_TRY(load(range, next));
    taken_ = 1 - taken_;
    return &next;
  }

  // Makes the page ready that will be taken next, under a `Reading` of the caller's. A failure is
  // met again by that `take`.
  template <class Load>
  void start(Worker& worker, PageRange range, Load load) {
    ready_range_ = std::move(range);
    worker.start([this, load = std::move(load)] {
      is_ready_ = load(ready_range_, pages_[1 - taken_]).has_value();
    });
  }

 private:
  std::array<Page, 2> pages_;
  std::size_t taken_ = 0;  // of pages_; the other one is loaded into
  PageRange ready_range_;
  bool is_ready_ = false;
};

}  // namespace mig::runtime
