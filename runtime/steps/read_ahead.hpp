// The pages of a copy, read and carried over one ahead: while a page is written, another thread
// makes the next one ready.
//
// Used by one thread, the slice's. From `start` to the end of its `Reading` the reader's database
// belongs to the other thread, so nothing else may read with it; no slice ends in between.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/engine/workers.hpp"
#include "runtime/result.hpp"
#include "runtime/stores/keyset_reader.hpp"

namespace mig::runtime {

// What `KeysetReader::read` is asked for.
struct PageRange {
  std::string after;
  std::string until;
  std::size_t limit = 0;
  bool operator==(const PageRange&) const = default;
};

// A page and what it becomes on the new side.
struct CarriedPage {
  explicit CarriedPage(const plan::Plan& plan) : carrier(plan) {}

  Page page;
  Carrier carrier;
};

class ReadAhead {
 public:
  ReadAhead(const plan::Plan& plan, KeysetReader reader);

  const KeysetReader& reader() const { return reader_; }

  // Made ready before, or read now. Lasts until the next `take`.
  Result<const CarriedPage*> take(const PageRange& range);

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
  // Makes the page ready that will be taken next, under a `Reading` of the caller's. A failure is
  // met again by that `take`.
  void start(Worker& worker, PageRange range);

 private:
  Result<void> load(const PageRange& range, CarriedPage& into);

  KeysetReader reader_;
  std::array<CarriedPage, 2> pages_;
  std::size_t taken_ = 0;  // of pages_; the other one is read into
  PageRange ready_range_;
  bool is_ready_ = false;
};

}  // namespace mig::runtime
