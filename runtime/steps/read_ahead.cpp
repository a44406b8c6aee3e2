#include "runtime/steps/read_ahead.hpp"

#include <algorithm>
#include <utility>

namespace mig::runtime {
namespace {

constexpr std::size_t kMostPages = 8;  // for memory

void carry(CarriedPage& carried) {
  carried.carrier.run(carried.page.rows);
  carried.has_claims = carried.is_claiming && carried.format &&
                       carried.format->format(carried.carrier, carried.page, carried.claims);
}

}  // namespace

Result<std::vector<CarriedPage>> carried_pages(const plan::Plan& plan, const Clock& clock) {
  const std::size_t count = std::clamp(core_count() + 2, kPagesAhead, kMostPages);
  std::vector<CarriedPage> pages;
  for (std::size_t i = 0; i < count; ++i) {
    CarriedPage& page = pages.emplace_back(plan);
    MIG_ASSIGN(format, ClaimsAhead::open(plan, clock));
    page.format = std::move(format);
  }
  return pages;
}

ReadAhead::ReadAhead(KeysetReader reader, std::vector<CarriedPage> pages)
    : reader_(std::move(reader)), pages_(std::move(pages), carry) {}

Result<const CarriedPage*> ReadAhead::take(const PageRange& range) {
  return pages_.take(
      range, [this](const PageRange& from, CarriedPage& into) { return load(from, false, into); });
}

void ReadAhead::start(Worker& worker, PageRange range, bool is_claiming) {
  pages_.start(worker, std::move(range),
               [this, is_claiming](const PageRange& from, CarriedPage& into) {
                 return load(from, is_claiming, into);
               });
}

Result<void> ReadAhead::load(const PageRange& range, bool is_claiming, CarriedPage& into) {
  into.is_claiming = is_claiming;
  return reader_.read(range.after, range.until, range.limit, into.page);
}

}  // namespace mig::runtime
