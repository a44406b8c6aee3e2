// The pages of a copy, made ready ahead: while a page is written, another thread loads those that
// come behind it, as far as there is room, and what is to be done with each page alone is done by
// as many threads as there are pages.
//
// A Reading is the time in which it does: from its beginning to its end what loads belongs to the
// other thread, so nothing else may read with it, and no slice ends in between. What is ready then
// is ready in the next one, too. Everything else is called by one thread, the slice's.
#pragma once

#include <cassert>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

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

// Where a page ends, and the next one begins. Found by the page's type: a function `end_of`.
struct PageEnd {
  std::string last;
  bool is_final = false;  // nothing is read behind it
};

inline constexpr std::size_t kPagesAhead = 4;       // that a copy has at least
inline constexpr std::size_t kRowsOfPage = 16'000;  // at most, of one that is read ahead

// A load is called with a range and the page to fill, and gives a Result<void>; it finds where the
// page ends. What is left to do with a page, touching nothing else, is its `finish`.
template <class Page>
class PagesAhead {
 public:
  using Finish = std::function<void(Page&)>;

  // One of these pages is written while the others are made ready. `finish`: empty where a page is
  // ready when it is loaded.
  explicit PagesAhead(std::vector<Page> pages, Finish finish = {}) : finish_(std::move(finish)) {
    assert(pages.size() >= 2);
    for (Page& page : pages)
      slots_.push_back(Slot{{}, std::move(page), {}, true, nullptr});
  }
  PagesAhead(PagesAhead&&) = delete;  // the other thread knows where it stands

  // The page of that range, made ready before or loaded now. Lasts until the next `take`.
  template <class Load>
  Result<const Page*> take(const PageRange& range, const Load& load) {
    std::unique_lock lock(mutex_);
    is_taken_ = false;
    changed_.notify_all();  // there is room for one more
    changed_.wait(lock, [this] { return ready_ > 0 || !is_loading_; });
    Slot& slot = slots_[first_];
    if (ready_ == 0 || !(slot.range == range)) {
      stop(lock);
      ready_ = 0;
      changed_.wait(lock, [&] { return slot.is_finished; });  // nobody else has it
      lock.unlock();
      MIG_TRY(load(range, slot.page));
      if (finish_) finish_(slot.page);
      lock.lock();
    } else {
      changed_.wait(lock, [&] { return slot.is_finished; });
      --ready_;
    }
    is_taken_ = true;
    first_ = (first_ + 1) % slots_.size();
    return &slot.page;
  }

  // Loads from that range on, under a Reading of the caller's, as far as nothing is ready. A
  // failure ends it, and is met again by the `take` of that page.
  template <class Load>
  void start(Worker& worker, PageRange range, Load load) {
    const std::lock_guard lock(mutex_);
    if (is_loading_) return;
    if (ready_ > 0) {
      const Slot& latest = slots_[(first_ + ready_ - 1) % slots_.size()];
      const bool goes_on = slots_[first_].range == range && !latest.end.is_final &&
                           latest.end.last != latest.range.until;
      if (!goes_on) return;
      range.after = latest.end.last;
    }
    is_loading_ = true;
    is_stopping_ = false;
    worker.start([this, range = std::move(range), load = std::move(load)]() mutable {
      load_on(std::move(range), load);
    });
  }

  // Ends what `start` began, behind the page that is being loaded.
  void stop() {
    std::unique_lock lock(mutex_);
    stop(lock);
  }

 private:
  struct Slot {
    PageRange range;
    Page page;
    PageEnd end;                     // as it was loaded
    bool is_finished = true;         // or not loaded yet
    std::unique_ptr<Worker> worker;  // finishes its pages; last, as it uses the others
  };

  void stop(std::unique_lock<std::mutex>& lock) {
    is_stopping_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_loading_; });
  }

  template <class Load>
  void load_on(PageRange range, Load& load) {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return is_stopping_ || has_room(); });
      if (is_stopping_) break;
      Slot& next = slots_[(first_ + ready_) % slots_.size()];
      changed_.wait(lock, [&] { return next.is_finished; });
      lock.unlock();
      next.range = range;
      const bool is_loaded = load(range, next.page).has_value();
      const PageEnd end = is_loaded ? end_of(next.page) : PageEnd{"", true};
      next.end = end;
      if (is_loaded && finish_) start_finishing(next);
      lock.lock();
      if (is_loaded) ++ready_;
      changed_.notify_all();
      if (end.is_final || end.last == range.until) break;
      range.after = end.last;
    }
    is_loading_ = false;
    changed_.notify_all();
  }

  // By the thread that loads, which alone calls that worker.
  void start_finishing(Slot& slot) {
    if (!slot.worker) slot.worker = std::make_unique<Worker>();
    slot.worker->wait();
    {
      const std::lock_guard lock(mutex_);
      slot.is_finished = false;
    }
    slot.worker->start([this, &slot] {
      finish_(slot.page);
      const std::lock_guard lock(mutex_);
      slot.is_finished = true;
      changed_.notify_all();
    });
  }

  bool has_room() const { return ready_ + (is_taken_ ? 1 : 0) < slots_.size(); }

  Finish finish_;
  std::mutex mutex_;  // of what follows, and of what is finished
  std::condition_variable changed_;
  std::size_t first_ = 0;  // slot of the next page that is taken
  std::size_t ready_ = 0;  // from there on
  bool is_taken_ = false;  // the one before it is written
  bool is_loading_ = false;
  bool is_stopping_ = false;
  std::vector<Slot> slots_;  // a ring; last, as its workers use all of the above
};

// Stops the loading when it ends, and waits for the other thread.
template <class Ahead>
class Reading {
 public:
  Reading(Ahead& pages, Worker& worker) : pages_(pages), worker_(worker) {}
  ~Reading() {
    pages_.stop();
    worker_.wait();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  Ahead& pages_;
  Worker& worker_;
};

}  // namespace mig::runtime
