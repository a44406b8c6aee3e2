// The pages of a copy, read and carried over ahead of the page that is written (pages_ahead.hpp,
// which also says what belongs to which thread).
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/data/carry.hpp"
#include "runtime/result.hpp"
#include "runtime/steps/claims_ahead.hpp"
#include "runtime/steps/pages_ahead.hpp"
#include "runtime/stores/keyset_reader.hpp"

namespace mig::runtime {

// A page and what it becomes on the new side.
struct CarriedPage {
  explicit CarriedPage(const plan::Plan& plan) : carrier(plan) {}

  Page page;
  Carrier carrier;
  std::unique_ptr<ClaimsAhead> format;  // null: its rows claim nothing
  bool is_claiming = false;             // claims are of use
  bool has_claims = false;              // all of its rows'
  RedisCommands claims;
};

// For a copy of that plan: enough that each core can carry one over. Both outlive them.
Result<std::vector<CarriedPage>> carried_pages(const plan::Plan& plan, const Clock& clock);

inline PageEnd end_of(const CarriedPage& carried) {
  return {carried.page.last, carried.page.is_last};
}

class ReadAhead {
 public:
  ReadAhead(KeysetReader reader, std::vector<CarriedPage> pages);

  const KeysetReader& reader() const { return reader_; }

  // As PagesAhead says.
  Result<const CarriedPage*> take(const PageRange& range);
  // `is_claiming`: pages are to have claims, where they can.
  void start(Worker& worker, PageRange range, bool is_claiming);
  void stop() { pages_.stop(); }

 private:
  Result<void> load(const PageRange& range, bool is_claiming, CarriedPage& into);

  KeysetReader reader_;
  PagesAhead<CarriedPage> pages_;
};

}  // namespace mig::runtime
