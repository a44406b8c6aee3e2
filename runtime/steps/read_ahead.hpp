// The pages of a copy, read and carried over ahead of the page that is written (pages_ahead.hpp,
// which also says what belongs to which thread).
#pragma once

#include <utility>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/pages_ahead.hpp"
#include "runtime/stores/keyset_reader.hpp"

namespace mig::runtime {

// A page and what it becomes on the new side.
struct CarriedPage {
  explicit CarriedPage(const plan::Plan& plan) : carrier(plan) {}

  Page page;
  Carrier carrier;
};

inline PageEnd end_of(const CarriedPage& carried) {
  return {carried.page.last, carried.page.is_last};
}

class ReadAhead {
 public:
  ReadAhead(const plan::Plan& plan, KeysetReader reader);

  const KeysetReader& reader() const { return reader_; }

  // As PagesAhead says.
  Result<const CarriedPage*> take(const PageRange& range);
  void start(Worker& worker, PageRange range);
  void stop() { pages_.stop(); }

 private:
  Result<void> load(const PageRange& range, CarriedPage& into);

  KeysetReader reader_;
  PagesAhead<CarriedPage> pages_;
};

}  // namespace mig::runtime
